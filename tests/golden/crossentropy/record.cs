// Records what PyTorch's cross_entropy gives with weights of classes and label smoothing: the losses of rows (reduction "none"), their weighted mean (reduction "mean") and its gradient, in float64.
//
//     dotnet run tests/golden/crossentropy/record.cs -- tests/golden/crossentropy/expected.json
//
// Recorded with TorchSharp 0.107 on libtorch 2.10.
#:package TorchSharp-cpu@0.107.0
#:property ManagePackageVersionsCentrally=false
#:property PublishAot=false
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

double[] logits = [1.5, -0.25, 0.75, -2, 0.5, 3, -1, 0, 0.125, 0.25, 0.375, 4];
long[] labels = [2, 1, 3];
double[] weights = [0.5, 2, 1.25, 0];
var cases = new List<object>();
foreach (double smoothing in new[] { 0.0, 0.1, 0.3 })
{
    using Tensor x = tensor(logits, dtype: float64).reshape(3, 4).requires_grad_(), w = tensor(weights, dtype: float64), y = tensor(labels);
    using Tensor losses = nn.functional.cross_entropy(x, y, weight: w, reduction: nn.Reduction.None, label_smoothing: smoothing);
    using Tensor mean = nn.functional.cross_entropy(x, y, weight: w, reduction: nn.Reduction.Mean, label_smoothing: smoothing);
    mean.backward();
    cases.Add(new { smoothing, losses = losses.data<double>().ToArray(), mean = mean.item<double>(), gradient = x.grad!.data<double>().ToArray() });
}
File.WriteAllText(args[0], JsonSerializer.Serialize(new { logits, labels, weights, cases }).Replace("},{", "},\n{") + "\n");
