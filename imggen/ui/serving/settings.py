"""Every bound of a public app in one table. Each can be set by its environment name."""

from __future__ import annotations

import os

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imggen.errors import InputError

PREFIX = "IMGGEN_"


class Settings(BaseModel):
    """The bounds. The environment name of each is its name in capitals after ``IMGGEN_``, such as ``IMGGEN_JOBS``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    jobs: int = Field(64, ge=1, description="jobs that may be inside at once, waiting, loading and running")
    jobs_per_client: int = Field(8, ge=1, description="how many of them may be one visitor's")
    jobs_per_minute: int = Field(120, ge=1, description="jobs that a visitor may start in a minute")
    requests_per_minute: int = Field(
        1200, ge=1, description="requests of a visitor in a minute, without the page's files"
    )
    body_mb: float = Field(4, gt=0, description="largest request that is no upload, in megabytes")
    upload_mb: float = Field(50, gt=0, description="largest file that can be uploaded, in megabytes")
    uploads_per_client_mb: float = Field(500, gt=0, description="uploads of a visitor in an hour, in megabytes")
    uploads_mb: float = Field(5000, gt=0, description="uploads of all visitors in an hour, in megabytes")
    deadline_seconds: float = Field(300, gt=0, description="seconds a job may run once its model is loaded")
    weights_mb: float = Field(2048, gt=0, description="weights kept in memory, in megabytes")
    memory_mb: float = Field(
        0, ge=0, description="memory that the process may have, weights and jobs together, in megabytes; 0 is no limit"
    )
    ray_cpus: int = Field(2, ge=1, description="cores of each worker on a Ray cluster, see `--ray`")
    visitor_model_mb: float = Field(
        512, gt=0, description="largest weights that a visitor may load from the Hub, in megabytes"
    )
    visitor_models_mb: float = Field(4000, gt=0, description="models of visitors kept on the disk, in megabytes")
    wrong_passwords: int = Field(5, ge=1, description="wrong passwords before a visitor has to wait")
    trusted_proxies: int = Field(
        0, ge=0, description="reverse proxies in front whose X-Forwarded-For is believed; 0 trusts none"
    )
    frame_ancestors: str = Field(
        "'self' https://huggingface.co https://*.hf.space",
        description="pages that may show the app in a frame, as in Content-Security-Policy",
    )


def read_settings(environment: dict[str, str] | None = None) -> Settings:
    """Read the bounds from the environment.

    Args:
        environment: the process's by default.

    Raises:
        InputError: naming the first variable that is out of range or no number.
    """
    variables = dict(os.environ) if environment is None else environment
    names = {name: PREFIX + name.upper() for name in Settings.model_fields}
    given = {name: variables[variable] for name, variable in names.items() if variable in variables}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise InputError(f"{names[name]}={given[name]}: {first['msg'].lower()}.") from error
