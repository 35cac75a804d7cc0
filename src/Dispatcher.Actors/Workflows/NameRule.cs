namespace Dispatcher.Workflows;

/// <summary>What names may look like: a lower-case letter, then lower-case letters, digits and a few signs.</summary>
internal sealed record NameRule(string What, string Signs, int MaxCharacters)
{
    public static NameRule Workflow { get; } = new("a workflow's name", "-", WorkflowLimits.NameCharacters);

    public static NameRule Step { get; } = new("a step's id", "_-", WorkflowLimits.NameCharacters);

    /// <summary>Handlers, and stages too, since a stage is by default its handler's name.</summary>
    public static NameRule Handler { get; } = new("a handler's name", "._-", WorkflowLimits.HandlerCharacters);

    public static NameRule Stage { get; } = Handler with { What = "a stage's name" };

    public static NameRule Artifact { get; } = new("an artifact's name", "._-", WorkflowLimits.NameCharacters);

    public static NameRule Meter { get; } = new("a meter's name", "._-", WorkflowLimits.NameCharacters);

    public bool Allows(string name) =>
        name.Length > 0 && name.Length <= MaxCharacters && char.IsAsciiLetterLower(name[0]) &&
        name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || Signs.Contains(c, StringComparison.Ordinal));

    public string FaultOf(string name) => $"'{Suggestion.Clip(name)}' is not {What}: it must match ^[a-z][a-z0-9{Signs}]{{0,{MaxCharacters - 1}}}$";
}
