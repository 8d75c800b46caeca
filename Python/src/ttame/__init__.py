"""Classifies a picture and shows where the classifier looked, in one forward pass on the CPU.

    import numpy as np, ttame
    model = ttame.Model("efficientnet-lite0.safetensors")
    explanation = model.explain("photo.jpg")
    print(explanation.label, explanation.probability)
    overlay = explanation.overlay()  # uint8 [height, width, 3]
"""

from ._model import Answer, Error, Explanation, Model, Prediction
from ._native import version

__all__ = ["Answer", "Error", "Explanation", "Model", "Prediction", "version"]
__version__ = version().split(" ")[0]
