using System.CommandLine;
using System.CommandLine.Parsing;

namespace BareBert.Cli.Tasks;

/// <summary>What the verbs need to know of a task that models are fine-tuned for: its options, and how what it finds is printed.</summary>
internal abstract class TaskCommands
{
    /// <summary>What predict is given unless a task reads something of its own.</summary>
    public const string Texts = "texts";

    /// <summary>What the option says of the end that long texts are cut at, which tasks share that read whole texts.</summary>
    protected const string TruncationSideHelp =
        "Which end of a text over --max-length is cut: right, or left, which keeps how it ends; unless given, as the model's tokenizer says. Remembered with the model.";

    /// <summary>One of each task, with options of their own.</summary>
    public static IReadOnlyList<TaskCommands> All() => [new ClassificationCommands(), new QuestionAnsweringCommands(), new TokenClassificationCommands(), new SentenceEmbeddingCommands()];

    /// <summary>The task.</summary>
    public abstract FineTuningDefinition Task { get; }

    /// <summary>What a model of this task does, and what it reads: "answers questions", "--question and --context".</summary>
    public abstract (string Does, string Reads) Use { get; }

    /// <summary>What evaluate calls such a model, and the option that says how much it reads.</summary>
    public abstract EvaluationKind Kind { get; }

    /// <summary>The task's own options of fine-tuning.</summary>
    public abstract IRecordOptions Training { get; }

    /// <summary>Adds to predict what the task reads beside texts.</summary>
    public virtual void AddPredicting(Command verb)
    {
    }

    /// <summary>What of predict's options means something to this task alone.</summary>
    public virtual IEnumerable<Option> Predicting => [];

    /// <summary>Whether predict was given what only this task reads.</summary>
    public virtual bool IsAsked(CommandResult result) => false;

    /// <summary>Predicts and prints.</summary>
    public abstract void Predict(ParseResult parsed, PredictInput input, CancellationToken cancel);

    /// <summary>Opens the model for the rows of a table.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="input">The model.</param>
    /// <param name="run">Predicts.</param>
    public abstract void PredictRows(ParseResult parsed, PredictInput input, Action<RowPredictor> run);

    /// <summary>Whether evaluate measures a model of a task so.</summary>
    public virtual bool Measures(TaskDefinition? known) => known == Task;

    /// <summary>Adds to evaluate what is the task's own.</summary>
    public abstract void AddEvaluating(Command verb, EvaluationUses uses);

    /// <summary>Results of this task from elsewhere, which are scored without a model; null: there is no such thing.</summary>
    public virtual EvaluationKind? Predictions => null;

    /// <summary>Whether <see cref="Predictions"/> were given.</summary>
    public virtual bool HasPredictions(CommandResult result) => false;

    /// <summary>Scores <see cref="Predictions"/>, and prints.</summary>
    public virtual void EvaluatePredictions(ParseResult parsed, string[] data, bool isJson) => throw new NotSupportedException();

    /// <summary>Evaluates a model and prints.</summary>
    public abstract void Evaluate(ParseResult parsed, EvaluateInput input, CancellationToken cancel);
}

/// <summary>What predict was given, whatever the task.</summary>
/// <param name="Model">The model.</param>
/// <param name="Path">As the user named it.</param>
/// <param name="Texts">Read when they are asked for.</param>
/// <param name="Options">Device and length.</param>
/// <param name="IsJson">Print one JSON object.</param>
internal sealed record PredictInput(ModelLocation Model, string Path, Func<(string, string?)[]> Texts, InferenceOptions Options, bool IsJson);

/// <summary>What evaluate was given, whatever the task.</summary>
/// <param name="Model">The model.</param>
/// <param name="Path">As the user named it.</param>
/// <param name="Data">Files or folders.</param>
/// <param name="Options">Device and length.</param>
/// <param name="IsJson">Print one JSON object.</param>
internal sealed record EvaluateInput(ModelLocation Model, string Path, string[] Data, InferenceOptions Options, bool IsJson);
