using System.Text.Json.Nodes;
using Xunit;

namespace BareBert.Tests;

/// <summary>Options have the same names on the command line, which asks for them, and in files, which are written.</summary>
public sealed class OptionsJsonTests
{
    [Theory]
    [InlineData(typeof(InferenceOptions))]
    [InlineData(typeof(PretrainerOptions))]
    [InlineData(typeof(FineTunerOptions))]
    [InlineData(typeof(ClassificationOptions))]
    [InlineData(typeof(QuestionAnsweringOptions))]
    [InlineData(typeof(SentenceEmbeddingOptions))]
    [InlineData(typeof(TableOptions))]
    public void Names_are_those_that_are_written(Type type)
    {
        var written = (JsonObject)OptionsJson.Write(Activator.CreateInstance(type))!;
        Assert.Equal(written.Select(pair => pair.Key).Order(), OptionsJson.NamesOf(type).Values.Order());
    }
}
