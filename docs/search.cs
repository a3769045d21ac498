// Searches the lines of a file by what they mean, through the interface that .NET's AI libraries share:
//
//     dotnet run docs/search.cs -- MODEL FILE "a question" "another"
//
// MODEL is a folder of a sentence encoder, as sentence-transformers or `barebert finetune --task embedding` writes it.
#:project ../src/Bert/BareBert.Bert.csproj
using BareBert.Bert.Tasks;
using Microsoft.Extensions.AI;

if (args is not [var model, var file, _, ..])
{
    Console.Error.WriteLine("usage: dotnet run search.cs -- MODEL FILE QUESTION…");
    return 2;
}
string[] lines = File.ReadAllLines(file);
using IEmbeddingGenerator<string, Embedding<float>> generator = TextEmbeddingGenerator.Open(model, change: modules => modules with { Normalizes = true });
GeneratedEmbeddings<Embedding<float>> documents = await generator.GenerateAsync(lines);

// Questions that come at the same time are read as one batch.
Embedding<float>[] queries = await Task.WhenAll(args[2..].Select(question => generator.GenerateAsync(question)));
foreach ((string question, Embedding<float> query) in args[2..].Zip(queries))
{
    Console.WriteLine(question);
    foreach ((float score, string line) in documents.Select((d, i) => (Product(d.Vector.Span, query.Vector.Span), lines[i])).OrderByDescending(found => found.Item1).Take(3))
        Console.WriteLine($"  {score:F3}  {line}");
}
return 0;

static float Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
{
    float sum = 0;
    for (int i = 0; i < a.Length; i++)
        sum += a[i] * b[i];
    return sum;
}
