"""Personal styles and mixtures of styles, without a change of the model's weights file."""
