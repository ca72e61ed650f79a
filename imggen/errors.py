"""Errors a person can act on. ``str(error)`` is always one plain sentence that is safe to show in the browser."""


class ImggenError(Exception):
    """Base class: something the user can put right, said in one sentence."""


class ImageError(ImggenError):
    """The file is not a picture the app can use."""


class InputError(ImggenError):
    """An argument has the wrong type or lies outside its range."""


class CheckpointError(ImggenError):
    """A checkpoint folder is incomplete, damaged, or made for something else."""


class WeightsUnavailable(ImggenError):
    """The weights of a model are neither shipped nor cached, and cannot be downloaded now."""


class Cancelled(ImggenError):
    """The job was stopped by the user or by a closed browser."""


class DeadlineExceeded(ImggenError):
    """The job ran longer than the engine allows."""


class Busy(ImggenError):
    """Too many jobs wait, of everybody or of this client."""


class InternalError(ImggenError):
    """A mistake of the program; its details are in the log, not in the sentence."""
