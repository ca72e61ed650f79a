"""The browser app: one file per tab over the shared engine. Gradio lives only here and in app.py."""

from imggen.ui.quick_gradio import leave_stubs_out

leave_stubs_out()  # before any module of this package imports Gradio
