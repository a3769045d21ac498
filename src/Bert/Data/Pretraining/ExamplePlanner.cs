namespace BareBert.Bert.Data;

/// <summary>Cuts the documents of a split into pairs of segments, anew for every epoch.</summary>
/// <remarks>
/// google-research/bert, create_instances_from_document: sentences are gathered until they fill the target length, divided at
/// random into A and B, and half of the time (never for a model that only guesses words) B is replaced by a stretch of another
/// document; the sentences it replaced are used next. Two differences keep the labels at 50/50, which there lean to "random": an example gathers two sentences at least,
/// and a last sentence left alone is not used in this epoch (a single segment takes it, and one that is all there is). The target length is drawn for every example rather than every
/// document, so that 10 % of the examples are short however few the documents.
/// </remarks>
internal sealed class ExamplePlanner
{
    private readonly TokenSplit _split;
    private readonly PretrainingOptions _options;
    private readonly int _mostTokens;

    public ExamplePlanner(TokenSplit split, PretrainingOptions options)
    {
        (_split, _options, _mostTokens) = (split, options, options.SequenceLength - (options.Segments == SegmentKind.Single ? 2 : 3));
    }

    /// <summary>The examples of an epoch in document order.</summary>
    public List<ExampleSpan> Plan(int epoch)
    {
        var examples = new List<ExampleSpan>();
        for (int document = 0; document < _split.Documents; document++)
            PlanDocument(document, epoch, examples);
        return examples;
    }

    private void PlanDocument(int document, int epoch, List<ExampleSpan> examples)
    {
        var random = new PhiloxStream(_options.Seed, RandomStreams.Pairs, (uint)epoch, (uint)document);
        ReadOnlySpan<long> tokens = _split.SentenceStarts;
        int sentence = _split.DocumentStarts[document], end = _split.DocumentStarts[document + 1];
        if (_options.Segments == SegmentKind.Single)
        {
            PlanSingle(document, sentence, end, ref random, examples);
            return;
        }
        while (end - sentence >= 2)
        {
            int target = DrawTargetLength(ref random);
            int chunkEnd = GatherSentences(tokens, sentence, end, 2, target);
            int middle = sentence + 1 + random.NextInt(chunkEnd - sentence - 1);
            bool isChanged = _options.Segments != SegmentKind.Following && (random.NextUInt() & 1) == 1, isRandom = isChanged && _options.Segments == SegmentKind.NextOrRandom;

            var a = new Segment(document, tokens[sentence], tokens[middle]);
            Segment b = isRandom
                ? DrawSegment(document, target - a.Length, ref random)
                : new Segment(document, tokens[middle], tokens[chunkEnd]);
            Truncate(ref a, ref b, ref random);
            if (isChanged && !isRandom)
                (a, b) = (b, a);
            examples.Add(new ExampleSpan(a.Document, a.Start, a.Length, b.Document, b.Start, b.Length, isChanged));
            sentence = isRandom ? middle : chunkEnd;
        }
    }

    // Sentences that follow one another; of one that is longer than an example, a stretch of it.
    private void PlanSingle(int document, int sentence, int end, ref PhiloxStream random, List<ExampleSpan> examples)
    {
        while (sentence < end)
        {
            int chunkEnd = GatherSentences(_split.SentenceStarts, sentence, end, 1, DrawTargetLength(ref random));
            var segment = new Segment(document, _split.SentenceStarts[sentence], _split.SentenceStarts[chunkEnd]);
            int spare = segment.Length - _mostTokens;
            if (spare > 0)
                segment = segment with { Start = segment.Start + random.NextInt(spare + 1) };
            examples.Add(new ExampleSpan(document, segment.Start, Math.Min(segment.Length, _mostTokens), document, segment.Start, 0, false));
            sentence = chunkEnd;
        }
    }

    // Mostly the whole length; sometimes shorter, so that fine-tuning on short texts meets nothing new.
    private int DrawTargetLength(ref PhiloxStream random) =>
        random.NextDouble() < _options.ShortProbability ? 2 + random.NextInt(_mostTokens - 1) : _mostTokens;

    private static int GatherSentences(ReadOnlySpan<long> tokens, int first, int end, int least, int target)
    {
        int next = first + least;
        while (next < end && tokens[next] - tokens[first] < target)
            next++;
        return next;
    }

    /// <summary>A stretch of another document, from a random sentence on, until the target is filled or the document ends.</summary>
    private Segment DrawSegment(int notFrom, int target, ref PhiloxStream random)
    {
        int document = random.NextInt(_split.Documents - 1);
        if (document >= notFrom)
            document++;
        int first = _split.DocumentStarts[document], end = _split.DocumentStarts[document + 1];
        int start = first + random.NextInt(end - first);
        int next = start + 1;
        while (next < end && _split.SentenceStarts[next] - _split.SentenceStarts[start] < target)
            next++;
        return new Segment(document, _split.SentenceStarts[start], _split.SentenceStarts[next]);
    }

    // Takes tokens off the longer segment, at its front or back by the toss of a coin, until the pair fits.
    private void Truncate(ref Segment a, ref Segment b, ref PhiloxStream random)
    {
        while (a.Length + b.Length > _mostTokens)
        {
            ref Segment longer = ref a.Length > b.Length ? ref a : ref b;
            bool front = (random.NextUInt() & 1) == 1;
            longer = front ? longer with { Start = longer.Start + 1 } : longer with { End = longer.End - 1 };
        }
    }

    private readonly record struct Segment(int Document, long Start, long End)
    {
        public int Length => (int)(End - Start);
    }
}
