// Records what ONNX Runtime's optimiser makes of a graph, with its own fused nodes:
//
//     dotnet run optimise.cs -- bert.onnx bert-fused.onnx
#:package Microsoft.ML.OnnxRuntime@1.31.1
#:property ManagePackageVersionsCentrally=false
using Microsoft.ML.OnnxRuntime;

using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED, OptimizedModelFilePath = args[1] };
new InferenceSession(args[0], options).Dispose();
