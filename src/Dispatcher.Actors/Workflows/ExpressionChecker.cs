using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>What the expressions of one field may name.</summary>
internal sealed record ExpressionRules
{
    public required IReadOnlyCollection<string> KnownSteps { get; init; }

    /// <summary>The steps that have ended when the field is evaluated; null: all.</summary>
    public IReadOnlySet<string>? EndedSteps { get; init; }

    /// <summary>True where no step has run yet, and none is about to.</summary>
    public bool IsBeforeAllSteps { get; init; }

    /// <summary>True inside a fan-out.</summary>
    public bool AllowsItem { get; init; }

    public JsonSchema? Input { get; init; }

    /// <summary>The only names, where a template belongs to no job: those of a pattern or of a schedule; null in a workflow.</summary>
    public PathRoot? Only { get; init; }

    /// <summary>Of the parameters of a pattern.</summary>
    public JsonSchema? Params { get; init; }
}

/// <summary>Finds the expressions that can never have a value, before any job runs.</summary>
internal sealed class ExpressionChecker(ExpressionRules rules, Action<int, string> onFault)
{
    public void Check(Expression expression)
    {
        switch (expression)
        {
            case Expression.PathTo path:
                Path(path);
                break;
            case Expression.Not not:
                Check(not.Operand);
                Flag(not.Operand, "!", not.Offset);
                break;
            case Expression.Binary binary:
                Check(binary.Left);
                Check(binary.Right);
                Operands(binary);
                break;
            case Expression.Call call:
                Call(call);
                break;
        }
    }

    private void Call(Expression.Call call)
    {
        // default forgives a path that leads nowhere in the input, so only its other rules hold there.
        var isForgiving = call.Function == Function.Default;
        for (var i = 0; i < call.Arguments.Length; i++)
        {
            var checker = isForgiving && i == 0 ? new ExpressionChecker(rules with { Input = null, Params = null }, onFault) : this;
            checker.Check(call.Arguments[i]);
        }

        if (isForgiving) return;
        var argument = call.Arguments[0];
        var kind = argument.StaticKind;
        if (call.Function == Function.If) Flag(argument, Expression.NameOf(Function.If), call.Offset);
        if (call.Function == Function.Length && kind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.Null)
            onFault(argument.Offset, $"len takes a list, an object or a text, and {argument} is {JsonValues.NameOf(kind.Value)}");
        if (call.Function != Function.ArtifactPath) return;
        if (kind is not (null or JsonValueKind.String))
            onFault(argument.Offset, $"artifacts.path takes a text, and {argument} is {JsonValues.NameOf(kind.Value)}");
        if (argument is Expression.Literal { Value.ValueKind: JsonValueKind.String } literal && RelativePath.FaultOf(literal.Value.GetString()!) is { } fault)
            onFault(argument.Offset, $"artifacts.path: {Suggestion.Clip(argument.ToString())} {fault}");
    }

    private void Operands(Expression.Binary binary)
    {
        var name = Expression.TextOf(binary.Operator);
        switch (binary.Operator)
        {
            case BinaryOperator.And or BinaryOperator.Or:
                Flag(binary.Left, name, binary.Offset);
                Flag(binary.Right, name, binary.Offset);
                return;
            case BinaryOperator.Equal or BinaryOperator.NotEqual:
                return;
        }

        foreach (var operand in new[] { binary.Left, binary.Right })
        {
            if (operand.StaticKind is { } kind and not (JsonValueKind.Number or JsonValueKind.String))
                onFault(binary.Offset, $"{name} compares two numbers or two texts, and {operand} is {JsonValues.NameOf(kind)}");
        }
    }

    private void Flag(Expression operand, string name, int offset)
    {
        if (operand.StaticKind is { } kind and not JsonValueKind.True)
            onFault(offset, $"{name} takes true or false, and {operand} is {JsonValues.NameOf(kind)}");
    }

    private void Path(Expression.PathTo path)
    {
        if (rules.Only is { } only ? path.Root != only && path.Root != PathRoot.JobTenant : path.Root is PathRoot.Params or PathRoot.Schedule)
        {
            var names = rules.Only is { } root ? $"; names here are {root.ToString().ToLowerInvariant()} and job.tenant" : path.Root == PathRoot.Params ? ": only a pattern has params" : ": only a schedule's input sees schedule";
            onFault(path.Offset, $"{path} has no value here{names}");
            return;
        }

        switch (path.Root)
        {
            case PathRoot.StepOutput or PathRoot.StepFailed or PathRoot.StepStatus or PathRoot.StepFailure:
                Step(path);
                break;
            case PathRoot.Item or PathRoot.ItemIndex when !rules.AllowsItem:
                onFault(path.Offset, $"{path} has a value only in the with and the artifacts of a step that has for_each");
                break;
            case PathRoot.Input when rules.Input is { } schema:
                Input(path, schema);
                break;
            case PathRoot.Params when rules.Params is { } schema:
                Input(path, schema);
                break;
        }
    }

    private void Step(Expression.PathTo path)
    {
        var id = path.StepId!;
        if (!rules.KnownSteps.Contains(id))
            onFault(path.Offset, $"there is no step '{Suggestion.Clip(id)}'{Suggestion.For(id, rules.KnownSteps)}; steps are {Suggestion.List(rules.KnownSteps)}");
        else if (rules.IsBeforeAllSteps)
            onFault(path.Offset, $"step '{id}' has not run when this is evaluated, which is when the job is submitted");
        else if (rules.EndedSteps is { } ended && !ended.Contains(id))
            onFault(path.Offset, $"step '{id}' may not have ended yet: add it to needs");
    }

    private void Input(Expression.PathTo path, JsonSchema schema)
    {
        for (var i = 0; i < path.Segments.Length; i++)
        {
            var segment = path.Segments[i];
            var wanted = segment.Name is null ? "array" : "object";
            if (!schema.Types.IsEmpty && !schema.Types.Contains(wanted, StringComparer.Ordinal))
            {
                onFault(segment.Offset, $"{path.Prefix(i + 1)} cannot exist: {path.Prefix(i)} is {string.Join(" or ", schema.Types)}");
                return;
            }

            var next = segment.Name is { } name ? schema.Properties.GetValueOrDefault(name) : schema.Items;
            if (next is null && segment.Name is { } unknown && !schema.AllowsAdditionalProperties)
            {
                onFault(segment.Offset,
                    $"{path.Prefix(i + 1)} cannot exist{Suggestion.For(unknown, schema.Properties.Keys)}: {path.Prefix(i)} has the properties {Suggestion.List(schema.Properties.Keys)}");
            }

            if (next is null) return;
            schema = next;
        }
    }
}
