"""Checks the package as it is installed, against the program.

    TTAME_BINARY=... TTAME_MODEL=... TTAME_PHOTO=... python -m unittest discover Python/tests
"""

import io
import os
import subprocess
import tempfile
import threading
import unittest

import numpy as np
import ttame
from PIL import Image

BINARY, MODEL, PHOTO = (os.environ[name] for name in ("TTAME_BINARY", "TTAME_MODEL", "TTAME_PHOTO"))


def overlay_of_command(*options: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.png")
        subprocess.run([BINARY, "explain", PHOTO, "--model", MODEL, "-q", "-o", path, *options], check=True)
        return np.asarray(Image.open(path).convert("RGB"))


class PackageTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.model = ttame.Model(MODEL)

    def test_overlay_is_the_commands(self) -> None:
        explanation = self.model.explain(PHOTO)
        np.testing.assert_array_equal(explanation.overlay(), overlay_of_command())
        np.testing.assert_array_equal(explanation.overlay(style="mask"), overlay_of_command("--style", "mask"))
        np.testing.assert_array_equal(
            explanation.overlay(colormap="jet", alpha=0.8), overlay_of_command("--colormap", "jet", "--alpha", "0.8"))

    def test_classes_and_methods(self) -> None:
        explanation = self.model.explain(PHOTO, classes=["golden retriever", 3])
        self.assertEqual(explanation.classes, [207, 3])
        np.testing.assert_array_equal(explanation.overlay(1), overlay_of_command("--class", "3"))
        gradcam = ttame.Model(MODEL, threads=1, method="gradcam").explain(PHOTO)
        np.testing.assert_array_equal(gradcam.overlay(), overlay_of_command("--method", "gradcam"))

    def test_every_kind_of_picture_is_the_same(self) -> None:
        with open(PHOTO, "rb") as file:
            data = file.read()
        png = io.BytesIO()
        Image.open(PHOTO).save(png, "PNG")
        pixels = np.asarray(Image.open(png).convert("RGB"))
        first = self.model.explain(png.getvalue())
        for picture in (bytearray(png.getvalue()), pixels, Image.open(png), np.asfortranarray(pixels)):
            np.testing.assert_array_equal(self.model.explain(picture).overlay(), first.overlay())
        self.assertEqual(self.model.explain(data).label, first.label)
        gray = self.model.classify(pixels[:, :, 0])
        np.testing.assert_array_equal(gray.logits, self.model.classify(np.stack([pixels[:, :, 0]] * 3, 2)).logits)

    def test_answer(self) -> None:
        answer = self.model.classify(PHOTO)
        self.assertAlmostEqual(float(answer.probabilities.sum()), 1, places=3)
        top = answer.top(3)
        self.assertEqual([item.index for item in top], list(np.argsort(-answer.logits, kind="stable")[:3]))
        self.assertEqual((answer.label, answer.probability), (top[0].label, top[0].probability))
        self.assertIsNone(answer.known)
        explanation = self.model.explain(PHOTO, top=2)
        self.assertEqual(explanation.classes, [item.index for item in explanation.top(2)])
        with Image.open(PHOTO) as photo:
            width, height = photo.size
        self.assertEqual(explanation.saliency().shape, (height, width))
        self.assertEqual(explanation.map(1).ndim, 2)
        self.assertTrue(0 <= explanation.saliency().min() and 0.9 < explanation.saliency().max() <= 1)

    def test_errors(self) -> None:
        for status, call in (
            (2, lambda: ttame.Model("nothing.safetensors")),
            (3, lambda: ttame.Model(PHOTO)),
            (1, lambda: ttame.Model(MODEL, threads=-1)),
            (1, lambda: ttame.Model(MODEL, method="magic")),
            (6, lambda: ttame.Model(MODEL, method="attention-rollout")),
            (4, lambda: self.model.explain(b"no picture")),
            (1, lambda: self.model.explain(np.zeros((4, 4, 4), np.uint8))),
            (1, lambda: self.model.explain(np.zeros((4, 4, 3), np.float32))),
            (1, lambda: self.model.explain(np.zeros((0, 4, 3), np.uint8))),
            (5, lambda: self.model.explain(PHOTO, classes=["no such thing"])),
            (5, lambda: self.model.explain(PHOTO, classes=[-1])),
            (1, lambda: self.model.explain(PHOTO, classes=[])),
            (1, lambda: self.model.explain(PHOTO, top=-3)),
            (1, lambda: self.model.explain(PHOTO).saliency(1)),
            (1, lambda: self.model.explain(PHOTO).overlay(style="panel")),
            (1, lambda: self.model.explain(PHOTO).overlay(alpha=2)),
        ):
            with self.assertRaises(ttame.Error) as caught:
                call()
            self.assertEqual(caught.exception.status, status, str(caught.exception))
            self.assertTrue(str(caught.exception))
        with self.assertRaises(FileNotFoundError):
            self.model.explain("no-photo.jpg")

    def test_threads_share_a_model(self) -> None:
        first = self.model.explain(PHOTO).overlay()
        overlays = []
        threads = [threading.Thread(target=lambda: overlays.append(self.model.explain(PHOTO).overlay())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(overlays), 4)
        for overlay in overlays:
            np.testing.assert_array_equal(overlay, first)


if __name__ == "__main__":
    unittest.main()
