#!/usr/bin/env python3
"""Writes the small networks of Tests/Fixtures/onnx/keras as tf2onnx exports them from Keras, and onnxruntime's logits.

One is written by hand, as tf2onnx would without its optimizer, one is quantized by TensorFlow Lite. The networks read `[n, 32,
32, 3]`. `expected.json` holds for each of them the logits of the image of `noise` in inputs.py, before a softmax. The image is
fed as `NETWORKS` says. Weights are random. Equal versions of the libraries give equal logits; tf2onnx's names differ from run
to run. Needs tensorflow, tf2onnx and onnxruntime in an environment of their own; nothing else needs this tool.

usage: keras_networks.py [FOLDER]
"""
import json
import os
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"], os.environ["CUDA_VISIBLE_DEVICES"] = "3", "-1"

import inputs
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from keras import layers, Model
from pairs import without_pairs

SIDE, CLASSES = 32, 7


def conv(x, channels, kernel=3, stride=1, function="relu", norm=True, **arguments):
    x = layers.Conv2D(channels, kernel, stride, padding=arguments.pop("padding", "same"), use_bias=not norm, **arguments)(x)
    x = layers.BatchNormalization()(x) if norm else x
    return layers.Activation(function)(x) if function else x


def depthwise(x, stride, function):
    """Padding of one side in a layer of its own where the stride is 2, as Keras's MobileNets have it."""
    if stride == 2:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.DepthwiseConv2D(3, stride, padding="same" if stride == 1 else "valid", use_bias=False)(x)
    return layers.Activation(function)(layers.BatchNormalization()(x))


def relu6(x):
    return tf.nn.relu6(x)


def squeezed(x, channels, gate, keepdims):
    mean = layers.GlobalAveragePooling2D(keepdims=keepdims)(x)
    mean = mean if keepdims else layers.Reshape((1, 1, x.shape[-1]))(mean)
    mean = layers.Conv2D(channels, 1, activation="relu")(mean)
    return layers.Multiply()([x, layers.Conv2D(x.shape[-1], 1, activation=gate)(mean)])


def end(x, function="softmax"):
    return layers.Dense(CLASSES, activation=function)(layers.GlobalAveragePooling2D()(x))


def mobilenet(x):
    x = conv(x, 8, stride=2, function=relu6)
    for channels, stride in ((12, 1), (16, 2), (24, 2)):
        x = conv(depthwise(x, stride, relu6), channels, 1, function=relu6)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Reshape((CLASSES,))(layers.Conv2D(CLASSES, 1)(x))
    return layers.Activation("softmax")(x)


def mobilenet_v2(x):
    x = conv(x, 8, stride=2, function=relu6)
    for channels, stride in ((8, 1), (16, 2), (16, 1), (24, 2)):
        y = conv(depthwise(conv(x, 3 * x.shape[-1], 1, function=relu6), stride, relu6), channels, 1, function=None)
        x = layers.Add()([x, y]) if stride == 1 and channels == x.shape[-1] else y
    return end(conv(x, 32, 1, function=relu6))


def mobilenet_v3(x):
    x = layers.Rescaling(1 / 127.5, -1)(x)
    x = conv(x, 16, stride=2, function="hard_silu")
    for stride in (2, 2):
        y = depthwise(conv(x, 32, 1, function="hard_silu"), stride, "hard_silu")
        x = conv(squeezed(y, 8, "hard_sigmoid", True), 16, 1, function=None)
    return end(conv(x, 24, 1, function="hard_silu"))


def efficientnet(x):
    x = layers.Rescaling(1 / 255)(x)
    x = (x - inputs.MEAN) / inputs.STD
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = conv(x, 16, stride=2, function="silu", padding="valid")
    for stride in (2, 1, 2):
        y = depthwise(conv(x, 32, 1, function="silu"), stride, "silu")
        y = conv(squeezed(y, 4, "sigmoid", False), 16, 1, function=None)
        x = layers.Add()([x, y]) if stride == 1 else y
    return end(conv(x, 24, 1, function="silu"))


def densenet(x):
    x = layers.ZeroPadding2D(3)(x)
    x = conv(x, 16, 7, 2, padding="valid")
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for _ in range(2):
        for _ in range(2):
            y = layers.Activation("relu")(layers.BatchNormalization()(x))
            y = layers.Conv2D(8, 3, padding="same", use_bias=False)(conv(y, 16, 1))
            x = layers.Concatenate()([x, y])
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
        x = layers.AveragePooling2D(2, 2)(layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False)(x))
    return end(layers.Activation("relu")(layers.BatchNormalization()(x)))


def resnet_v2(x):
    x = layers.Conv2D(12, 7, 2)(layers.ZeroPadding2D(3)(x))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for stride in (2, 1):
        y = layers.Activation("relu")(layers.BatchNormalization()(x))
        shortcut = layers.MaxPooling2D(1, 2)(x) if stride == 2 else x
        y = conv(y, 12, 1)
        y = layers.ZeroPadding2D(1)(y)
        y = conv(y, 12, 3, stride, padding="valid")
        x = layers.Add()([shortcut, layers.Conv2D(12, 1)(y)])
    return end(layers.Activation("relu")(layers.BatchNormalization()(x)), None)


def inception(x):
    x = conv(x, 12, stride=2, padding="valid")
    x = layers.MaxPooling2D(3, 2)(x)
    parts = [conv(x, 8, 1), conv(conv(x, 8, (1, 5)), 8, (5, 1)), conv(layers.AveragePooling2D(3, 1, padding="same")(x), 8, 1)]
    x = layers.Concatenate()(parts)
    return end(layers.Concatenate()([conv(x, 12, 3, 2, padding="valid"), layers.MaxPooling2D(3, 2)(x)]))


def xception(x):
    x = conv(x, 12, stride=2, padding="valid")
    for channels in (16, 24):
        shortcut = conv(x, channels, 1, 2, function=None)
        y = layers.SeparableConv2D(channels, 3, padding="same", use_bias=False)(layers.Activation("relu")(x))
        y = layers.MaxPooling2D(3, 2, padding="same")(layers.BatchNormalization()(y))
        x = layers.Add()([y, shortcut])
    return end(x)


def vgg(x):
    """Blue first and a mean for each channel, as Caffe's networks have it; the last map is flattened."""
    x = x[..., ::-1] - np.float32([103.939, 116.779, 123.68])
    for channels in (8, 12, 12):
        x = layers.MaxPooling2D()(conv(x, channels, norm=False))
    return layers.Dense(CLASSES)(layers.Dense(16, activation="relu")(layers.Flatten()(x)))


def transposed():
    """Without tf2onnx's optimizer: transposes around every node of images, biases and scales behind them, padding by name."""
    random, nodes, weights = np.random.default_rng(1), [], []

    def constant(values):
        weights.append(onnx.numpy_helper.from_array(np.asarray(values), f"c{len(weights)}"))
        return weights[-1].name

    def node(op, *names, **attributes):
        nodes.append(onnx.helper.make_node(op, list(names), [f"v{len(nodes)}"], name=f"n{len(nodes)}", **attributes))
        return nodes[-1].output[0]

    def first(op, x, *names, **attributes):
        y = node(op, node("Transpose", x, perm=[0, 3, 1, 2]), *names, **attributes)
        return node("Transpose", y, perm=[0, 2, 3, 1])

    def layer(x, inputs, outputs, **attributes):
        kernel = random.normal(0, (2 / (9 * inputs)) ** 0.5, (outputs, inputs, 3, 3)).astype(np.float32)
        x = first("Conv", x, constant(kernel), auto_pad="SAME_UPPER", **attributes)
        x = node("Mul", x, constant(random.uniform(0.7, 1.3, outputs).astype(np.float32)))
        return node("Relu", node("Add", x, constant(random.normal(0, 0.2, outputs).astype(np.float32))))

    x = layer("image", 3, 8, strides=[2, 2])
    x = node("Concat", x, layer(x, 8, 4), first("AveragePool", x, kernel_shape=[3, 3], auto_pad="SAME_UPPER"), axis=3)
    x = first("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    x = layer(x, 20, 12, strides=[2, 2])
    x = node("ReduceMean", x, axes=[1, 2], keepdims=0)
    x = node("MatMul", x, constant(random.normal(0, 0.5, (12, CLASSES)).astype(np.float32)))
    x = node("Softmax", node("Add", x, constant(random.normal(0, 0.2, CLASSES).astype(np.float32))))
    value = onnx.helper.make_tensor_value_info
    image = value("image", onnx.TensorProto.FLOAT, ["n", SIDE, SIDE, 3])
    result = value(x, onnx.TensorProto.FLOAT, ["n", CLASSES])
    graph = onnx.helper.make_graph(nodes, "network", [image], [result], weights)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)


# What each network is fed: 255 for pixels in 0...255, "imagenet" for torchvision's normalisation.
NETWORKS = {
    "mobilenet": ("imagenet", mobilenet), "mobilenet_v2": ("imagenet", mobilenet_v2), "mobilenet_v3": (255, mobilenet_v3),
    "efficientnet": (255, efficientnet), "densenet": ("imagenet", densenet), "resnet_v2": ("imagenet", resnet_v2),
    "inception": ("imagenet", inception), "xception": ("imagenet", xception), "vgg": (255, vgg),
    "transposed": ("imagenet", transposed), "tflite": ("imagenet", lambda: quantized(mobilenet_v2)),
}


def randomise(network, seed):
    random, values = np.random.default_rng(seed), []
    for variable in network.weights:
        path, shape = variable.path, variable.shape
        if "seed" in path:
            values.append(variable.numpy())
        elif "moving_mean" in path:
            values.append(random.normal(0, 0.3, shape))
        elif "moving_variance" in path:
            values.append(random.uniform(0.3, 1, shape))
        elif "gamma" in path:
            values.append(random.uniform(0.7, 1.3, shape))
        elif "beta" in path or "bias" in path:
            values.append(random.normal(0, 0.2, shape))
        else:
            inputs = np.prod(shape[:2]) if "depthwise" in path else np.prod(shape[:-1])
            values.append(random.normal(0, (2 / inputs) ** 0.5, shape))
    network.set_weights(values)


def exported(name, build):
    image = layers.Input((SIDE, SIDE, 3))
    network = Model(image, build(image))
    randomise(network, sum(name.encode()))
    signature = (tf.TensorSpec((None, SIDE, SIDE, 3), tf.float32, name="image"),)
    function = tf.function(lambda x: network(x, training=False), input_signature=signature)
    return tf2onnx.convert.from_function(function, input_signature=signature, opset=15)[0]


def quantized(build):
    """As TensorFlow Lite quantizes it: weights and activations of int8, floats at both ends."""
    image = layers.Input((SIDE, SIDE, 3))
    network = Model(image, build(image))
    randomise(network, 5)
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    x = np.ascontiguousarray(inputs.fed("imagenet", 3, SIDE, SIDE, np.float32).transpose(0, 2, 3, 1))
    converter.representative_dataset = lambda: ([x * np.float32(factor)] for factor in (1, 0.7))
    with tempfile.NamedTemporaryFile() as file:
        file.write(converter.convert())
        file.flush()
        return tf2onnx.convert.from_tflite(file.name, opset=17)[0]


def logits(model, x):
    """What the graph says without the softmax at its end, and without rounded activations."""
    model = without_pairs(model)
    last = model.graph.node[-1]
    if last.op_type == "Softmax":
        model.graph.output[0].name = last.input[0]
        model.graph.node.remove(last)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0].reshape(-1)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(inputs.ROOT, "Tests/Fixtures/onnx/keras")
    os.makedirs(folder, exist_ok=True)
    expected = {}
    for name, (kind, build) in NETWORKS.items():
        model = build() if name in ("transposed", "tflite") else exported(name, build)
        onnx.save(model, os.path.join(folder, f"{name}.onnx"))
        x = inputs.fed(kind, 3, SIDE, SIDE, np.float32).transpose(0, 2, 3, 1)
        expected[name] = [round(float(v), 6) for v in logits(model, np.ascontiguousarray(x))]
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
