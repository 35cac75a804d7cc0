using System.Text.Json;

namespace Dispatcher.Workflows.Asl;

/// <summary>What a state does and hands on, as a step.</summary>
/// <param name="document">What the state gets.</param>
internal sealed class AslStep(AslState state, AslData document, AslBudget budget, FaultReport report)
{
    private const string Passes = "noop";
    private const string Fails = "fail";

    /// <summary>The property in which a Pass state's result lies that is no object.</summary>
    private const string PlainResult = "result";

    /// <summary>The keys of the step, but for those that come from the ways which lead to it.</summary>
    public IEnumerable<(string Key, SourceNode Value)> Keys()
    {
        switch (state.Type)
        {
            case "Task":
                return Function();
            case "Pass":
                return [("uses", SourceNode.OfString(Passes)), ("with", PassedOn())];
            case "Fail":
                return [("uses", SourceNode.OfString(Fails)), ("with", Failure()), ("retry", SourceNode.OfProperties([("max_attempts", SourceNode.OfNumber(1))]))];
            default:
                return [("uses", SourceNode.OfString(Passes))];
        }
    }

    /// <summary>The document behind the state.</summary>
    public AslData Result()
    {
        if (state.Type is not ("Task" or "Pass")) return document;
        var isPlain = state.Type == "Pass" && state.Node.Property("Result") is { } result && result.Kind != JsonValueKind.Object;
        return Placed(state.Node, state.Path, name => document.Written(state, name, isPlain ? AslPath.Part(PlainResult) : ""));
    }

    /// <summary>The document behind a catcher.</summary>
    public AslData CaughtAs(AslEdge edge) => Placed(edge.Rule!, edge.RulePath!, name => document.Failed(state, name));

    /// <param name="written">The document with this part written; null: the whole.</param>
    private AslData Placed(SourceNode node, FieldPath path, Func<string?, AslData> written)
    {
        if (node.Property("ResultPath") is not { } place) return written(null);
        if (place.Kind == JsonValueKind.Null) return document;
        var parts = place.Kind == JsonValueKind.String ? AslPath.Read(place.Text) : null;
        switch (parts)
        {
            case []:
                return written(null);
            case [['.', .. var name]]:
                return written(name);
            default:
                report.Add(WorkflowFaultCodes.InvalidValue, place, path.Property("ResultPath"), "only \"$\", \"$.name\" and null are supported");
                return document;
        }
    }

    private IEnumerable<(string Key, SourceNode Value)> Function()
    {
        if (state.Text("Resource") is { } resource)
        {
            var code = AslNames.CapabilityOf(resource);
            if (code is null)
            {
                state.Fault("Resource", WorkflowFaultCodes.InvalidValue,
                    $"'{Suggestion.Clip(resource)}' is no function that a capability can stand for: give arn:aws:lambda:REGION:ACCOUNT:function:NAME, ${{NameFunctionArn}} or a handler's name");
            }

            yield return ("uses", AslFields.Instead(state.Node.Property("Resource")!, code ?? Passes));
        }

        yield return ("with", PassedOn());
        yield return ("retry", AslRetry.Of(state, report));
        if (AslFields.Seconds(state.Node, state.Path, "TimeoutSeconds", report) is { } timeout) yield return ("timeout", timeout);
        if (AslFields.Seconds(state.Node, state.Path, "HeartbeatSeconds", report) is { } heartbeat) yield return ("heartbeat_timeout", heartbeat);
        if (state.IsCaught) yield return ("on_error", SourceNode.OfString("continue"));
    }

    /// <summary>What the handler receives.</summary>
    private SourceNode PassedOn()
    {
        if (state.Node.Property("Result") is { } result)
        {
            if (state.Node.Property("Parameters") is not null) state.Fault("Parameters", WorkflowFaultCodes.InvalidValue, "a Pass state has `Result` or `Parameters`, not both");
            var constant = AslTemplate.Constant(result);
            return result.Kind == JsonValueKind.Object ? constant : SourceNode.OfProperties([(PlainResult, constant)]);
        }

        if (state.Node.Property("Parameters") is not { } parameters) return SourceNode.OfString($"${{{budget.Spend(document.At([]), state.Node, state.Path)}}}");
        if (parameters.Kind == JsonValueKind.Object) return new AslTemplate(document, budget, report).Of(parameters, state.Path.Property("Parameters"));
        state.Fault("Parameters", WorkflowFaultCodes.WrongType, $"must be an object, not {JsonValues.NameOf(parameters.Kind)}");
        return SourceNode.OfProperties([]);
    }

    private SourceNode Failure()
    {
        var error = state.Text("Error", isRequired: false);
        var cause = state.Text("Cause", isRequired: false) ?? $"The state {state.Name} was reached.";
        var keys = new List<(string, SourceNode)> { ("message", AslTemplate.Constant(SourceNode.OfString(cause))), ("class", SourceNode.OfString("permanent")) };
        if (error is not null) keys.Add(("code", AslTemplate.Constant(SourceNode.OfString(error))));
        return SourceNode.OfProperties(keys);
    }
}
