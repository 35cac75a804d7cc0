using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>Collects the faults of one definition.</summary>
internal sealed class FaultReport(string sourceName, SourceText? source)
{
    private readonly List<WorkflowFault> _faults = [];
    private int _more;

    public string SourceName => sourceName;

    public int Count => _faults.Count;

    /// <summary>The document, so that messages call steps by their ids; null until it is read.</summary>
    public SourceNode? Root { get; set; }

    public void Add(string code, SourceNode node, FieldPath path, string message) => Add(code, (node.Line, node.Column), path, message);

    /// <summary>A fault inside a text.</summary>
    public void Add(string code, SourceNode node, int offset, FieldPath path, string message)
    {
        var place = source?.Locate(node, offset) ?? (node.Line, node.Column);
        Add(code, place, path, $"character {offset + 1}: {message}");
    }

    public void Add(string code, (int Line, int Column) place, FieldPath path, string message)
    {
        if (_faults.Count >= WorkflowLimits.Faults)
        {
            _more++;
            return;
        }

        var label = LabelOf(path);
        _faults.Add(new WorkflowFault(code, label.Length == 0 ? message : $"{label}: {message}", place.Line, place.Column, path.ToString()));
    }

    /// <summary>In the order of the document.</summary>
    public IReadOnlyList<WorkflowFault> Faults()
    {
        var faults = _faults.OrderBy(fault => fault.Line).ThenBy(fault => fault.Column).ToList();
        if (_more > 0) faults.Add(new WorkflowFault(WorkflowFaultCodes.TooLarge, $"and {_more} more faults", 0, 0, ""));
        return faults;
    }

    /// <summary>A report that begins with the faults of this one.</summary>
    public FaultReport Copy()
    {
        var copy = Fresh();
        copy._faults.AddRange(_faults);
        copy._more = _more;
        return copy;
    }

    /// <summary>An empty report on the same document.</summary>
    public FaultReport Fresh() => new(sourceName, source) { Root = Root };

    public void ThrowIfAny()
    {
        if (Count > 0) throw new WorkflowDefinitionException(sourceName, Faults());
    }

    private string LabelOf(FieldPath path)
    {
        var parts = path.Parts();
        var isInStep = parts.Count > 1 && parts[0].Name is "steps" && parts[1].Name is null;
        if (!isInStep || Root?.Property("steps") is not { } steps || parts[1].Index >= steps.Items.Length) return path.ToString();
        if (steps.Items[parts[1].Index].Property("id") is not { Kind: JsonValueKind.String, Text.Length: > 0 } id) return path.ToString();
        var rest = FieldPath.Text(parts.Skip(2));
        return $"step '{Suggestion.Clip(id.Text)}'{(rest.Length > 0 ? ", " : "")}{rest}";
    }
}
