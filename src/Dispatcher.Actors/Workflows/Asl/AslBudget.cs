namespace Dispatcher.Workflows.Asl;

/// <summary>
/// Bounds the expressions that a state machine becomes, all together, before they fill the memory: each rule of a Choice excludes those before it, and each path names all
/// who may have written there, so a document that is small enough may become a workflow that is not.
/// </summary>
internal sealed class AslBudget(FaultReport report)
{
    private int _left = WorkflowLimits.DocumentBytes;

    /// <summary>True when there is nothing left: what is written from here on is not used.</summary>
    public bool IsSpent => _left < 0;

    /// <summary>Counts an expression, and reports the first that is too much.</summary>
    public string Spend(string text, SourceNode node, FieldPath path)
    {
        if (IsSpent) return text;
        _left -= text.Length;
        if (IsSpent)
            report.Add(WorkflowFaultCodes.TooLarge, node, path, $"here the state machine becomes larger than {WorkflowLimits.DocumentBytes} bytes as a workflow; take fewer rules and paths, or write results to fewer places (`ResultPath`)");
        return text;
    }
}
