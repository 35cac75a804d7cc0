namespace Dispatcher.Workflows;

/// <summary>An expression cannot be read, or has no value. Names the field and the column; the caller adds the step.</summary>
public class ExpressionException : Exception
{
    public ExpressionException(string field, int column, string reason) : base($"{(field.Length == 0 ? "" : field + ", ")}column {column}: {reason}") =>
        (Field, Column, Reason) = (field, column, reason);

    /// <summary>The template's field: <c>with.args[2]</c>.</summary>
    public string Field { get; }

    /// <summary>The column in the field's text, counted from 1.</summary>
    public int Column { get; }

    /// <summary>The message without its place.</summary>
    public string Reason { get; }
}
