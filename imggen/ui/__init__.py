"""The browser app: one file per tab over the shared engine. Only this package imports Gradio."""

from imggen.ui.quick_gradio import leave_stubs_out

leave_stubs_out()  # before any module of this package imports Gradio
