namespace Dispatcher.Workflows;

/// <summary>The bounds of a workflow definition; each is refused with an error that names the limit. See also <see cref="Jobs.JobLimits"/>.</summary>
public static class WorkflowLimits
{
    /// <summary>Bytes of a definition's text in UTF-8.</summary>
    public const int DocumentBytes = 1024 * 1024;

    /// <summary>How deep objects and lists may nest in a definition, a schema or a template.</summary>
    public const int Nesting = 64;

    /// <summary>Faults that are listed before the rest is only mentioned.</summary>
    public const int Faults = 100;

    /// <summary>Characters between <c>${</c> and <c>}</c>: room for what a state machine of a hundred states becomes.</summary>
    public const int ExpressionCharacters = 16 * 1024;

    /// <summary>How deep parentheses, operators and calls may nest in an expression.</summary>
    public const int ExpressionNesting = 64;

    /// <summary>Bytes of an evaluated template as JSON: a small template must not grow without bound by repeating a large value.</summary>
    public const int EvaluatedBytes = 1024 * 1024;

    public const int NameCharacters = 63;

    /// <summary>Characters of a handler's or a stage's name: room for the names that the builder makes for lambdas.</summary>
    public const int HandlerCharacters = 160;

    public const int DescriptionCharacters = 2000;
    public const int MaxRecoveryAttempts = 10;
    public const int MaxAttempts = 1000;
    public const int MaxConcurrency = 10_000;
    public const int Artifacts = 100;
    public const int ArtifactPathCharacters = 512;
    public const int PatternCharacters = 1000;
    public static readonly TimeSpan Duration = TimeSpan.FromDays(366);
}
