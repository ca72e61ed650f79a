"""The browser app: one file per tab over the shared engine. Gradio lives only here and in app.py."""
