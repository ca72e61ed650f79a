"""The colours of the page."""

import gradio as gr

#: Gradio's soft theme, with text that stands out from what is behind it as WCAG 2.2 asks (1.4.3: at least 4.5 to 1).
THEME = gr.themes.Soft(font=("system-ui", "sans-serif"), font_mono=("ui-monospace", "monospace")).set(
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_300",
    link_text_color_dark="*secondary_300",
    link_text_color_active_dark="*secondary_300",
    link_text_color_hover_dark="*secondary_200",
    link_text_color_visited_dark="*secondary_300",
    block_info_text_color="*neutral_600",
    block_label_text_color="*primary_700",
    block_title_text_color="*primary_700",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_hover_dark="*primary_700",
    checkbox_label_background_fill_selected="*primary_600",
    color_accent="*primary_600",
)
