namespace Dispatcher.Workflows;

/// <summary>One thing that is wrong with a workflow definition.</summary>
/// <param name="Code">What kind of fault it is, stable for machines: one of <see cref="WorkflowFaultCodes"/>.</param>
/// <param name="Message">A sentence for people that begins with the field: <c>step 'audio', timeout: ...</c>.</param>
/// <param name="Line">The line in the source, counted from 1; 0 if there is no source text (the C# builder).</param>
/// <param name="Column">The column in that line, counted from 1; 0 if there is no source text.</param>
/// <param name="Path">The field as a path into the document: <c>steps[2].with.args[0]</c>; empty for the document itself.</param>
public sealed record WorkflowFault(string Code, string Message, int Line, int Column, string Path)
{
    public override string ToString() => Line > 0 ? $"{Line}:{Column}: {Message}" : Message;
}

/// <summary>The kinds of faults, as they are written in API answers.</summary>
public static class WorkflowFaultCodes
{
    /// <summary>The text is not one YAML or JSON document of the kind that Dispatcher reads.</summary>
    public const string Syntax = "SYNTAX";

    /// <summary>The document, or a part of it, is over a limit.</summary>
    public const string TooLarge = "TOO_LARGE";

    /// <summary>A key that must be there is not.</summary>
    public const string MissingKey = "MISSING_KEY";

    public const string UnknownKey = "UNKNOWN_KEY";

    /// <summary>A value of the wrong type.</summary>
    public const string WrongType = "WRONG_TYPE";

    /// <summary>A value of the right type that is not allowed.</summary>
    public const string InvalidValue = "INVALID_VALUE";

    /// <summary>Two things have one name.</summary>
    public const string Duplicate = "DUPLICATE";

    /// <summary>A step needs a step that does not exist.</summary>
    public const string UnknownStep = "UNKNOWN_STEP";

    /// <summary>Steps wait for each other in a ring.</summary>
    public const string Cycle = "CYCLE";

    /// <summary>An expression that cannot be read, or that can never have a value.</summary>
    public const string Expression = "EXPRESSION";

    /// <summary>The input schema is not one.</summary>
    public const string Schema = "SCHEMA";

    /// <summary>No handler has the name that a step uses.</summary>
    public const string UnknownHandler = "UNKNOWN_HANDLER";

    /// <summary>A step's <c>with</c> does not fit its handler's schema.</summary>
    public const string InvalidWith = "INVALID_WITH";
}

/// <summary>A workflow definition is refused; lists every fault at once, in the order of the document.</summary>
public sealed class WorkflowDefinitionException : Exception
{
    public WorkflowDefinitionException(string sourceName, IReadOnlyList<WorkflowFault> faults) : base(Describe(sourceName, faults)) =>
        (SourceName, Faults) = (sourceName, faults);

    /// <summary>The file or other place that the definition came from.</summary>
    public string SourceName { get; }

    public IReadOnlyList<WorkflowFault> Faults { get; }

    private static string Describe(string sourceName, IReadOnlyList<WorkflowFault> faults)
    {
        var count = faults.Count == 1 ? "1 fault" : $"{faults.Count} faults";
        var lines = faults.Select(fault => fault.Line > 0 ? $"{sourceName}:{fault}" : $"{sourceName}: {fault}");
        return string.Join('\n', lines.Prepend($"The workflow definition {sourceName} has {count}:"));
    }
}
