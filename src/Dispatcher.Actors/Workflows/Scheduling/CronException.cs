namespace Dispatcher.Workflows.Scheduling;

/// <summary>A cron expression that cannot be read, or that never fires.</summary>
/// <param name="field">Which part is wrong: <c>minute</c>, <c>time zone</c>; empty for the whole text.</param>
/// <param name="column">Where it begins in the text, counted from 1.</param>
/// <param name="reason">What is wrong there, and what would be right.</param>
public sealed class CronException(string field, int column, string reason) : FormatException(Describe(field, column, reason))
{
    public string Field { get; } = field;

    public int Column { get; } = column;

    private static string Describe(string field, int column, string reason) =>
        field.Length == 0 ? $"column {column}: {reason}" : $"{field}, column {column}: {reason}";
}
