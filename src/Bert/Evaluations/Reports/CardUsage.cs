using System.Text;

namespace BareBert.Bert.Evaluations;

/// <summary>How a model's card says that its folder is used: with which library, and what that does not know of it.</summary>
internal static class CardUsage
{
    private const string Folder = "path/of/this/folder";

    /// <summary>The library that opens the folder.</summary>
    public static string LibraryOf(ModelCard card) => card.Adaptation switch
    {
        null when card.Layout.Task.IsOfSentences => "sentence-transformers",
        null => HasOwnHead(card) ? "barebert" : "transformers",
        LowRankAdaptation => HasOwnHead(card) ? "barebert" : "peft",
        _ => "barebert",
    };

    /// <summary>Writes the section.</summary>
    public static void Append(StringBuilder text, ModelCard card)
    {
        text.Append("## Use\n\n");
        switch (card.Adaptation)
        {
            case null when HasOwnHead(card):
                AppendOwnHead(text, card);
                break;
            case null when card.Layout.Task.IsOfSentences:
                Python(text, ["from sentence_transformers import SentenceTransformer", $"model = SentenceTransformer(\"{Folder}\")", "vectors = model.encode([\"A text.\", \"Another.\"])"]);
                break;
            case null:
                Python(text, [$"from transformers import AutoTokenizer, {Auto(card)}", .. Tokenizer, $"model = {Auto(card)}.from_pretrained(\"{Folder}\")"]);
                break;
            case LowRankAdaptation lora:
                AppendLora(text, card, lora);
                break;
            default:
                text.Append("This folder holds bottleneck adapters, which neither transformers nor PEFT has: BareBert alone opens it, together with the model that they were trained on")
                    .Append(card.BaseModel is null ? ".\n\n" : $" ({card.BaseModel}).\n\n");
                break;
        }
        if (LibraryOf(card) == "barebert")
            text.Append("BareBert opens it as any model: `barebert predict`, `barebert evaluate`, `barebert export`.\n");
    }

    // transformers' class for sequences has a linear layer there and nothing else: it makes a random one, and only warns.
    private static void AppendOwnHead(StringBuilder text, ModelCard card)
    {
        if (ReadsMean(card))
            text.Append("The classifier reads the mean of all tokens' outputs, where `").Append(Auto(card)).Append("` reads the first one's: it would open the folder and say **something else**.\n\n");
        if (card.Layout.Config.ClassifierHiddenSize == 0)
            return;
        text.Append("The classifier is two layers with ReLU between (`classifier.0`, ").Append(card.Layout.Config.ClassifierHiddenSize).Append(" wide, and `classifier.3`). `").Append(Auto(card))
            .Append("` has one layer there: it opens the encoder, with a **random** head.\n\n");
    }

    private static void AppendLora(StringBuilder text, ModelCard card, LowRankAdaptation lora)
    {
        text.Append("This folder holds LoRA adapters of rank ").Append(lora.Rank).Append(lora.Quantizes ? ", trained beside weights in 4 bits (NF4)" : "")
            .Append(", and the head: they need the model that they were trained on").Append(card.BaseModel is null ? ".\n\n" : $" ({card.BaseModel}), unchanged.\n\n");
        if (HasOwnHead(card))
        {
            text.Append("The head is none that transformers' class has, so PEFT does not open them.\n\n");
            return;
        }
        string labels = card.Layout.Labels > 0 ? $", num_labels={card.Layout.Labels}" : "";
        Python(text,
        [
            "from peft import PeftModel", $"from transformers import AutoTokenizer, {Auto(card)}", .. Tokenizer,
            $"base = {Auto(card)}.from_pretrained(\"path/of/the/base/model\"{labels})", $"model = PeftModel.from_pretrained(base, \"{Folder}\")",
        ]);
        text.Append("`barebert merge` makes a plain model of them.\n");
    }

    private static string[] Tokenizer => [$"tokenizer = AutoTokenizer.from_pretrained(\"{Folder}\")"];

    private static string Auto(ModelCard card) => card.Layout.Task.AutoClass;

    private static bool HasOwnHead(ModelCard card) => card.Layout.Task.HasClasses && (card.Layout.Config.ClassifierHiddenSize > 0 || ReadsMean(card));

    private static bool ReadsMean(ModelCard card) => card.Layout.Task.HasPooler && !card.Layout.Task.UsesPooler(card.Layout.Config);

    private static void Python(StringBuilder text, IEnumerable<string> lines) => text.Append("```python\n").AppendJoin('\n', lines).Append("\n```\n");
}
