using System.Text;
using System.Text.Json;
using BareBert.Cli;
using BareBert.Kernels;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

/// <summary>Classes of words: files, entities, where labels stand among tokens, and a model that learns them.</summary>
[Collection(nameof(CliCollection))]
public sealed class TokenClassificationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("O B-PER I-PER O", "PER:1-3")]
    [InlineData("I-PER I-PER I-LOC", "PER:0-2 LOC:2-3")] // IOB1: no B without need
    [InlineData("B-PER B-PER", "PER:0-1 PER:1-2")]
    [InlineData("S-LOC B-PER E-PER I-PER", "LOC:0-1 PER:1-3 PER:3-4")] // IOBES
    [InlineData("O O", "")]
    [InlineData("NOUN NOUN VERB", "NOUN:0-1 NOUN:1-2 VERB:2-3")]
    public void Labels_stand_for_entities(string labels, string entities) =>
        Assert.Equal(entities, string.Join(' ', TokenOutcome.Entities(labels.Split(' ')).Select(e => $"{e.Type}:{e.Start}-{e.End}")));

    [Fact]
    public void Figures_are_those_of_conlleval()
    {
        LabelledSentence[] sentences = [new(["a", "b", "c", "d"], ["B-X", "I-X", "O", "B-Y"]), new(["e"], ["O"])];
        Evaluation evaluation = new TokenOutcome("valid", 0.5, sentences, [["B-X", "O", "O", "B-Y"], ["B-Y"]]).ToEvaluation();
        // Three entities said, one of them right, of two.
        Assert.Equal((0.6, 1 / 3.0, 0.5), (evaluation["accuracy"], evaluation["precision"], evaluation["recall"]));
        Assert.True(Math.Abs(evaluation["f1"] - 0.4) <= 1e-12);
    }

    [Fact]
    public void Files_are_read_as_they_are_published()
    {
        string file = _folder.Write("train.conll", "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\r\n\n\nPeter\tB-PER\n");
        IReadOnlyList<LabelledSentence> sentences = ConllReader.Read(file);
        Assert.Equal(["EU rejects", "Peter"], sentences.Select(s => string.Join(' ', s.Words)));
        Assert.Equal(["B-ORG O", "B-PER"], sentences.Select(s => string.Join(' ', s.Labels)));
        Refusals.Of(() => ConllReader.Read(_folder.Write("bad.conll", "EU B-ORG\nword\n")), "bad.conll", "line 2");
        Refusals.Of(() => ConllReader.Read(_folder.Write("empty.conll", "\n")), "empty.conll");
        Refusals.Of(() => ConllReader.ReadSplits(new DataFiles(Directory.CreateDirectory(_folder.At("none")).FullName)), "train.conll");
    }

    /// <summary>Comments, a word of two ("vámonos") and one that is left out of the sentence have no part of speech.</summary>
    [Theory]
    [InlineData("es.conllu")]
    [InlineData("es.txt")]
    public void Parts_of_speech_are_read_of_CoNLL_U(string name)
    {
        const string text = "# sent_id = 1\n# text = vámonos 10 000\n1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_\n1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_\r\n"
            + "2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_\n2.1\tir\tir\tVERB\t_\t_\t_\t_\t_\t_\n3\t10 000\t_\tNUM\t_\t_\t1\tobl\t_\t_\n\n1\tsí\tsí\tINTJ\t_\t_\t0\troot\t_\t_\n";
        IReadOnlyList<LabelledSentence> sentences = ConllReader.Read(_folder.Write(name, text));
        Assert.Equal(["vamos|nos|10 000: VERB PRON NUM", "sí: INTJ"], sentences.Select(s => $"{string.Join('|', s.Words)}: {string.Join(' ', s.Labels)}"));
        Refusals.Of(() => ConllReader.Read(_folder.Write(name, text + "1\tsí\tINTJ\n")), "not CoNLL-U", "line 10 has 3 columns");
        Fuzz.ReadsOrRefuses(text, bytes => ConllReader.Read(_folder.Write(name, bytes)), 150);
    }

    [Theory]
    [InlineData("s.jsonl", "{\"tokens\": [\"EU\", \"rejects\"], \"ner_tags\": [\"B-ORG\", \"O\"]}\n{\"tokens\": [], \"ner_tags\": []}\n{\"tokens\": [\"Peter\"], \"ner_tags\": [\"B-PER\"]}\n")]
    [InlineData("s.json", "[{\"words\": [\"EU\", \"rejects\"], \"labels\": [\"B-ORG\", \"O\"]}, {\"words\": [\"Peter\"], \"labels\": [\"B-PER\"]}]")]
    public void Lists_of_words_and_labels_are_read(string name, string content)
    {
        IReadOnlyList<LabelledSentence> sentences = ConllReader.Read(_folder.Write(name, content));
        Assert.Equal(["EU rejects: B-ORG O", "Peter: B-PER"], sentences.Select(s => $"{string.Join(' ', s.Words)}: {string.Join(' ', s.Labels)}"));
        Fuzz.ReadsOrRefuses(content, bytes => ConllReader.Read(_folder.Write(name, bytes)), 150);
        Refusals.Of(() => ConllReader.Read(_folder.Write(name, content.Replace("\"B-ORG\", ", ""))), "2 words have 1 labels");
        Refusals.Of(() => ConllReader.Read(_folder.Write(name, content.Replace("\"B-ORG\"", "3"))), "labels that are numbers");
    }

    [Fact]
    public void Damaged_files_are_read_or_refused()
    {
        string file = _folder.At("damaged.conll");
        byte[] good = Encoding.UTF8.GetBytes("-DOCSTART- O\n\nEU B-ORG\nrejects O\n\nÅsa B-PER\n");
        Prop.ForAll(Mutations.Of(good).ToArbitrary(), bytes =>
        {
            File.WriteAllBytes(file, bytes);
            return Refusals.SucceedsOrRefuses(() => ConllReader.Read(file));
        }).HoldsFor();
    }

    /// <summary>A word's label stands at its first token, in whichever sequence that is; a word without a token has none.</summary>
    [Fact]
    public void A_label_stands_at_the_first_token_of_its_word()
    {
        var tokenizer = new WordPieceTokenizer(new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "an", "##na", "saw", "bo", "##b"], "words"));
        LabelledSentence sentence = new(["Anna", "\u200B", "saw", "Bob"], ["B-PER", "O", "O", "B-PER"]);
        var examples = new TokenExamples([sentence], ["O", "B-PER"], tokenizer, maxLength: 6);
        Assert.Equal(["[CLS] an ##na saw bo [SEP]", "[CLS] ##b [SEP]"], examples.Sequences.Select(s => string.Join(' ', s.Ids.ToArray().Select(tokenizer.TokenOf))));
        const int none = Labels.Ignore;
        Assert.Equal([none, 1, none, 0, 1, none], examples.LabelsOf[0]);
        Assert.Equal([none, none, none], examples.LabelsOf[1]);
        Assert.Equal([(0, 1), (-1, -1), (0, 3), (0, 4)], examples.PlacesOf(0));
    }

    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    [InlineData("frozen")]
    public void A_model_learns_resumes_evaluates_and_predicts(string method)
    {
        using (var kernels = new CpuKernels(1))
            KeywordSentiment.SaveBase(_folder.At("base"), kernels);
        string data = _folder.Write("train.conll", Words(160, seed: 1)), run = _folder.At("run"), halves = _folder.At("halves");
        string[] train = ["finetune", "--task", "tokens", "--data", data, "--model", _folder.At("base"), "--method", method, "--batch-size", "8", "--lr", "2e-3", "--schedule", "constant", "--warmup", "4", "--seed", "4", "--json"];
        JsonElement result = CliRun.Of([.. train, "--epochs", "6", "--out", run]).Json();
        double[] losses = [.. result.GetProperty("evaluations").EnumerateArray().Select(e => e.GetProperty("loss").GetDouble())];
        Assert.True(losses[^1] < 0.8 * losses[0], string.Join(' ', losses));
        CliRun.Of([.. train, "--steps", "30", "--out", halves]).Succeeded();
        JsonElement resumed = CliRun.Of("finetune", "--resume", halves, "--epochs", "6", "--json").Json();
        Assert.Equal(result.GetProperty("steps").GetInt32(), resumed.GetProperty("steps").GetInt32());
        Assert.Equal(result.GetProperty("best_value").GetDouble(), resumed.GetProperty("best_value").GetDouble());

        JsonElement words = CliRun.Of("predict", "--model", run, "the film was great and dull", "--json").Json().GetProperty("predictions")[0].GetProperty("words");
        Assert.Equal(6, words.GetArrayLength());
        double f1 = CliRun.Of("evaluate", "--model", run, "--data", data, "--json").Json().GetProperty("splits").GetProperty("data").GetProperty("f1").GetDouble();
        if (method == "full")
        {
            Assert.Equal("B-GOOD", words[3].GetProperty("label").GetString());
            Assert.True(f1 >= 0.7, $"{f1}");
        }
        using TokenClassifier classifier = TokenClassifier.Open(run);
        Assert.Empty(classifier.Predict("  "));
        CliRun.Of("predict", "--model", run, "--question", "who", "--context", "he").Refused("tells the classes of words");
        CliRun.Of("finetune", "--resume", run, "--seed", "9").Refused("--seed cannot be changed");
    }

    /// <summary>transformers leaves them out of config.json where they are the ones that it counts.</summary>
    [Fact]
    public void Classes_without_names_are_counted()
    {
        string folder = Directory.CreateDirectory(_folder.At("counted")).FullName;
        using (var kernels = new CpuKernels(1))
        using (BertModel model = BertModel.Create(kernels, ParameterLayout.For(KeywordSentiment.Config with { Labels = [] }, BertTasks.TokenClassification), KeywordSentiment.Tokenizer, seed: 3))
            model.Save(folder);
        using TokenClassifier classifier = TokenClassifier.Open(folder);
        Assert.All(classifier.Predict("the film was good"), word => Assert.StartsWith("LABEL_", word.Label, StringComparison.Ordinal));
        Evaluation evaluation = classifier.Evaluate(_folder.Write("v.conll", "film LABEL_0\nwas LABEL_1\n"))[0].ToEvaluation();
        Assert.True(evaluation["loss"] > 0, $"{evaluation["loss"]}");
    }

    // Signs are entities, other words are none.
    private static string Words(int count, ulong seed)
    {
        var text = new StringBuilder();
        foreach (ClassificationExample example in KeywordSentiment.Texts(count, seed).Examples)
        {
            foreach (string word in example.Text.Split(' '))
                text.Append(word).Append(' ').Append(word is "good" or "fine" or "great" ? "B-GOOD" : word is "bad" or "dull" or "poor" ? "B-BAD" : "O").Append('\n');
            text.Append('\n');
        }
        return text.ToString();
    }
}
