using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>Gives an expression its value in a scope.</summary>
internal static class ExpressionEvaluator
{
    /// <exception cref="ExpressionFaultException">It has none.</exception>
    public static JsonElement Evaluate(Expression expression, IExpressionScope scope) => expression switch
    {
        Expression.Literal literal => literal.Value,
        Expression.PathTo path => Follow(path, scope),
        Expression.Not not => JsonValues.Of(!Flag(not.Operand, "!", not.Offset, scope)),
        Expression.Binary binary => JsonValues.Of(Holds(binary, scope)),
        Expression.Call call => Call(call, scope),
        _ => throw new ExpressionFaultException(expression.Offset, "unknown expression"),
    };

    private static JsonElement Follow(Expression.PathTo path, IExpressionScope scope)
    {
        var value = RootOf(path, scope);
        for (var i = 0; i < path.Segments.Length; i++)
        {
            var segment = path.Segments[i];
            if (segment.Name is { } name && value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var property))
                value = property;
            else if (segment.Name is null && value.ValueKind == JsonValueKind.Array && segment.Index < value.GetArrayLength()) value = value[segment.Index];
            else throw new ExpressionFaultException(segment.Offset, $"{path.Prefix(i + 1)} does not exist: {path.Prefix(i)} {Contents(value)}", isMissing: true);
        }

        return value;
    }

    private static JsonElement RootOf(Expression.PathTo path, IExpressionScope scope) => path.Root switch
    {
        PathRoot.Input => scope.Input ?? JsonValues.Null,
        PathRoot.StepOutput => scope.Step(path.StepId!).Output ?? JsonValues.Null,
        PathRoot.StepFailed => JsonValues.Of(scope.Step(path.StepId!).Failed),
        PathRoot.StepStatus => JsonValues.Text(scope.Step(path.StepId!).Status.ToText()),
        PathRoot.StepFailure => scope.Step(path.StepId!).Failure is { } failure ? JsonValues.Of(failure) : JsonValues.Null,
        PathRoot.Item => scope.Item ?? throw OutsideFanOut(path),
        PathRoot.ItemIndex => JsonValues.Of(scope.ItemIndex ?? throw OutsideFanOut(path)),
        PathRoot.JobIdentifier => JsonValues.Text(scope.JobId.ToString()),
        PathRoot.JobTenant => JsonValues.Text(scope.Tenant),
        PathRoot.Params => scope.Params ?? JsonValues.Null,
        PathRoot.Schedule => scope.Schedule ?? JsonValues.Null,
        _ => scope.Env ?? JsonValues.Null,
    };

    private static ExpressionFaultException OutsideFanOut(Expression.PathTo path) =>
        new(path.Offset, $"{path.Prefix(0)} has no value outside a for_each", isMissing: true);

    private static string Contents(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"has the keys {Suggestion.List(value.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal))}",
        JsonValueKind.Array => $"is a list of {value.GetArrayLength()} items",
        var kind => $"is {JsonValues.NameOf(kind)}",
    };

    private static bool Holds(Expression.Binary binary, IExpressionScope scope)
    {
        var name = Expression.TextOf(binary.Operator);
        switch (binary.Operator)
        {
            case BinaryOperator.And: return Flag(binary.Left, name, binary.Offset, scope) && Flag(binary.Right, name, binary.Offset, scope);
            case BinaryOperator.Or: return Flag(binary.Left, name, binary.Offset, scope) || Flag(binary.Right, name, binary.Offset, scope);
        }

        var left = Evaluate(binary.Left, scope);
        var right = Evaluate(binary.Right, scope);
        if (binary.Operator is BinaryOperator.Equal or BinaryOperator.NotEqual)
            return JsonElement.DeepEquals(left, right) == (binary.Operator == BinaryOperator.Equal);
        var order = Compare(left, right, binary);
        return binary.Operator switch
        {
            BinaryOperator.Less => order < 0,
            BinaryOperator.Greater => order > 0,
            BinaryOperator.LessOrEqual => order <= 0,
            _ => order >= 0,
        };
    }

    private static int Compare(JsonElement left, JsonElement right, Expression.Binary binary) => (left.ValueKind, right.ValueKind) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => JsonNumber.Compare(left, right),
        (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(left.GetString(), right.GetString()),
        _ => throw new ExpressionFaultException(binary.Offset,
            $"{Expression.TextOf(binary.Operator)} compares two numbers or two texts, not {JsonValues.NameOf(left.ValueKind)} with {JsonValues.NameOf(right.ValueKind)}"),
    };

    private static bool Flag(Expression operand, string name, int offset, IExpressionScope scope)
    {
        var value = Evaluate(operand, scope);
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            var kind => throw new ExpressionFaultException(offset, $"{name} takes true or false, and {operand} is {JsonValues.NameOf(kind)}"),
        };
    }

    private static JsonElement Call(Expression.Call call, IExpressionScope scope) => call.Function switch
    {
        Function.Default => Default(call, scope),
        Function.Length => Length(call, scope),
        Function.If => Evaluate(call.Arguments[Flag(call.Arguments[0], Expression.NameOf(Function.If), call.Offset, scope) ? 1 : 2], scope),
        Function.Set => Set(call, scope),
        _ => ArtifactPath(call, scope),
    };

    /// <summary>The first argument, unless it is missing or null. Other faults in it are not forgiven.</summary>
    private static JsonElement Default(Expression.Call call, IExpressionScope scope)
    {
        try
        {
            var value = Evaluate(call.Arguments[0], scope);
            if (value.ValueKind != JsonValueKind.Null) return value;
        }
        catch (ExpressionFaultException fault) when (fault.IsMissing)
        {
            // What default is for.
        }

        return Evaluate(call.Arguments[1], scope);
    }

    private static JsonElement Length(Expression.Call call, IExpressionScope scope)
    {
        var value = Evaluate(call.Arguments[0], scope);
        return value.ValueKind switch
        {
            JsonValueKind.Array => JsonValues.Of(value.GetArrayLength()),
            JsonValueKind.Object => JsonValues.Of(value.GetPropertyCount()),
            JsonValueKind.String => JsonValues.Of(value.GetString()!.EnumerateRunes().Count()),
            var kind => throw new ExpressionFaultException(call.Offset,
                $"len takes a list, an object or a text, and {call.Arguments[0]} is {JsonValues.NameOf(kind)}"),
        };
    }

    /// <summary>The object with one property more, or another value of it; null stands for an empty object.</summary>
    private static JsonElement Set(Expression.Call call, IExpressionScope scope)
    {
        var target = Evaluate(call.Arguments[0], scope);
        var name = Evaluate(call.Arguments[1], scope);
        if (target.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
            throw new ExpressionFaultException(call.Offset, $"set takes an object, and {call.Arguments[0]} is {JsonValues.NameOf(target.ValueKind)}");
        if (name.ValueKind != JsonValueKind.String)
            throw new ExpressionFaultException(call.Offset, $"set takes the property's name as a text, and {call.Arguments[1]} is {JsonValues.NameOf(name.ValueKind)}");
        var result = JsonValues.With(target, name.GetString()!, Evaluate(call.Arguments[2], scope));
        if (JsonSize.Of(result) <= WorkflowLimits.EvaluatedBytes) return result;
        throw new ExpressionFaultException(call.Offset, $"the value of set is over {WorkflowLimits.EvaluatedBytes} bytes; give larger data by reference, as an artifact");
    }

    private static JsonElement ArtifactPath(Expression.Call call, IExpressionScope scope)
    {
        var value = Evaluate(call.Arguments[0], scope);
        if (value.ValueKind != JsonValueKind.String)
            throw new ExpressionFaultException(call.Offset,
                $"artifacts.path takes a text, and {call.Arguments[0]} is {JsonValues.NameOf(value.ValueKind)}");
        var path = value.GetString()!;
        if (RelativePath.FaultOf(path) is { } fault)
            throw new ExpressionFaultException(call.Offset, $"artifacts.path: '{Suggestion.Clip(path)}' {fault}");
        return JsonValues.Text(scope.ArtifactPath(path));
    }
}
