using System.Collections.Immutable;

namespace Dispatcher.Workflows.Asl;

/// <summary>
/// The JSON document that states hand on to each other, as far as it is known before anything runs: which states may have written it, or a part of it. A job goes one way, and
/// states beside it are skipped; so a part of the document is what the latest of its writers has written that was on the way. Written out as an expression it grows with the
/// number of writers, however many ways lead to a state (decision 0036).
/// </summary>
internal sealed class AslData
{
    /// <summary>In the order of their states. The first one writes the whole document.</summary>
    private readonly ImmutableArray<Write> _writes;

    private AslData(IEnumerable<Write> writes) => _writes = [.. writes];

    /// <summary>What the job was given.</summary>
    public static AslData Input { get; } = new([new Write(-1, IsFailure: false, Name: null, IsCertain: true, "", "input")]);

    /// <summary>The document of a state to which several ways lead. Parts that a way would have added, and that was not gone, are null.</summary>
    public static AslData OneOf(IEnumerable<AslData> ways)
    {
        var documents = ways.Distinct().ToList();
        if (documents is [var only]) return only;
        var writers = documents.SelectMany(document => document._writes).GroupBy(write => (write.Order, write.IsFailure)).OrderBy(group => group.Key);
        return new AslData(writers.Select(group => group.First() with { IsCertain = group.Count() == documents.Count && group.All(write => write.IsCertain) }));
    }

    /// <summary>The document behind a state that has ended well.</summary>
    /// <param name="name">The part that its output becomes (<c>ResultPath</c>); null: the whole document.</param>
    /// <param name="part">What of the output, as <see cref="AslPath.Part"/> writes it; all of it if empty.</param>
    public AslData Written(AslState by, string? name, string part) => Then(new Write(by.Order, IsFailure: false, name, IsCertain: true, by.Id, $"steps.{by.Id}.output{part}"));

    /// <summary>The document behind a state that has failed: <c>{ Error, Cause }</c> is put into it.</summary>
    public AslData Failed(AslState by, string? name) => Then(new Write(by.Order, IsFailure: true, name, IsCertain: true, by.Id, ""));

    /// <summary>The expression of the whole document, or of what a path leads to in it.</summary>
    public string At(ImmutableArray<string> path) => path.IsEmpty ? Whole() : Part(path, _writes.Length);

    private AslData Then(Write write) => new([.. write.Name is null ? [] : _writes.Where(earlier => earlier.Name != write.Name), write]);

    private string Whole()
    {
        var text = "";
        var begin = 0;
        for (var i = 0; i < _writes.Length; i++)
        {
            if (_writes[i].Name is not null) continue;
            text = _writes[i].Over(WithParts(text, begin, i), []);
            begin = i;
        }

        return WithParts(text, begin, _writes.Length);
    }

    /// <summary>The document with the parts that were written between two writes of the whole.</summary>
    private string WithParts(string document, int begin, int end)
    {
        // Those with the most writers outside, so that the depth of their chains does not come on top of that of the parts.
        var parts = _writes[begin..end].Where(write => write.Name is not null).GroupBy(write => write.Name!, StringComparer.Ordinal).OrderBy(part => part.Count());
        foreach (var part in parts)
        {
            var value = Part([AslPath.Part(part.Key)], end);
            document = $"set({document}, {Expression.Quote(part.Key)}, {(part.Any(write => write.IsCertain) ? value : $"default({value}, null)")})";
        }

        return document;
    }

    private string Part(ImmutableArray<string> path, int end)
    {
        var text = "";
        foreach (var write in _writes[..end])
        {
            if (write.Name is null) text = write.Over(text, path);
            else if (AslPath.Part(write.Name) == path[0]) text = write.Over(text, path[1..]);
        }

        return text;
    }

    /// <summary>A state's output, or its failure, in the document.</summary>
    /// <param name="Order">The state's place.</param>
    /// <param name="IsCertain">True if it was made on each way that leads here.</param>
    private sealed record Write(int Order, bool IsFailure, string? Name, bool IsCertain, string StepId, string Output)
    {
        /// <summary>What is written, if it was; else what was there before.</summary>
        public string Over(string before, ImmutableArray<string> path) =>
            IsCertain || before.Length == 0 ? At(path) : $"if(steps.{StepId}.status == '{(IsFailure ? "failed" : "completed")}', {At(path)}, {before})";

        private string At(ImmutableArray<string> path)
        {
            if (!IsFailure) return Output + string.Concat(path);
            var (error, cause) = ($"default(steps.{StepId}.failure.code, steps.{StepId}.failure.class)", $"steps.{StepId}.failure.message");
            return path switch
            {
                [] => $"set(set(null, 'Error', {error}), 'Cause', {cause})",
                [".Error"] => error,
                [".Cause"] => cause,
                // A step that has failed has no output, so this leads nowhere, as it should.
                _ => $"steps.{StepId}.output{string.Concat(path)}",
            };
        }
    }
}
