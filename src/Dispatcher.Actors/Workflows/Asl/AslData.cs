using System.Collections.Immutable;

namespace Dispatcher.Workflows.Asl;

/// <summary>
/// The JSON document that states hand on to each other, as far as it is known before anything runs: from which steps' outputs its parts come. Each part is an expression of
/// the workflow language.
/// </summary>
internal abstract record AslData
{
    private AslData()
    {
    }

    /// <summary>What the job was given.</summary>
    public static AslData Input { get; } = new Value("input");

    /// <param name="part">What of it, as <see cref="AslPath.Part"/> writes it; all of it if empty.</param>
    public static AslData OutputOf(string stepId, string part = "") => new Value($"steps.{stepId}.output{part}");

    /// <summary>What a state gets that handles the failure of a step: <c>{ Error, Cause }</c>.</summary>
    public static AslData ErrorOf(string stepId) => new Value("null")
        .With("Error", new Value($"default(steps.{stepId}.failure.code, default(steps.{stepId}.failure.class, null))"))
        .With("Cause", new Value($"default(steps.{stepId}.failure.message, null)"));

    /// <summary>The document with a part put into it (<c>ResultPath</c>).</summary>
    public AslData With(string name, AslData part) => new Set(this, name, part);

    /// <summary>
    /// What two ways that lead to one state bring along: that of the later one, if it was gone. A way that was not gone has no output and counts as null; parts that it
    /// would have put into the document are null.
    /// </summary>
    public static AslData Either(AslData later, AslData earlier) => (later, earlier) switch
    {
        _ when later.BuildsOn(earlier) => later,
        (Set a, Set b) when a.Name == b.Name => new Set(Either(a.Target, b.Target), a.Name, Either(a.Part, b.Part)),
        _ => new Choice(later, earlier),
    };

    /// <summary>The expression of the whole document, or of what a path leads to in it.</summary>
    public abstract string At(ImmutableArray<string> path);

    /// <summary>True if it is the other document, with some parts more at the most.</summary>
    protected virtual bool BuildsOn(AslData other) => Equals(other);

    private sealed record Value(string Expression) : AslData
    {
        public override string At(ImmutableArray<string> path) => Expression + string.Concat(path);
    }

    private sealed record Set(AslData Target, string Name, AslData Part) : AslData
    {
        public override string At(ImmutableArray<string> path)
        {
            if (path.IsEmpty) return $"set({Target.At([])}, {Expression.Quote(Name)}, {Part.At([])})";
            return path[0] == AslPath.Part(Name) ? Part.At(path.RemoveAt(0)) : Target.At(path);
        }

        protected override bool BuildsOn(AslData other) => Equals(other) || Target.BuildsOn(other);
    }

    private sealed record Choice(AslData Later, AslData Earlier) : AslData
    {
        public override string At(ImmutableArray<string> path) => $"default({Later.At(path)}, {Earlier.At(path)})";
    }
}
