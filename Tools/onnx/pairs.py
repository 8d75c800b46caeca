"""Quantized ONNX files without QuantizeLinear and DequantizeLinear of activations. Needs onnx."""
import onnx


def without_pairs(file):
    """The file with its activations as floats. Computed constants stay rounded, but a left out Relu is not put back."""
    file = onnx.load_model_from_string(file.SerializeToString())
    constants, sources, nodes = {tensor.name for tensor in file.graph.initializer}, {}, []
    for node in file.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = sources.get(name, name)
        if all(name in constants for name in node.input):
            constants.update(node.output)
        elif node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            sources[node.output[0]] = node.input[0]
            continue
        nodes.append(node)
    del file.graph.node[:]
    file.graph.node.extend(nodes)
    file.graph.output[0].name = sources.get(file.graph.output[0].name, file.graph.output[0].name)
    return file
