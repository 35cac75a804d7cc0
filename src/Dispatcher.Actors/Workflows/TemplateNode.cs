using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>A compiled template. Parts without expressions are kept as finished JSON.</summary>
internal abstract record TemplateNode
{
    private TemplateNode()
    {
    }

    public sealed record Constant(JsonElement Value) : TemplateNode;

    /// <summary>A text that is one <c>${...}</c>: any type.</summary>
    public sealed record Single(Expression Expression, FieldPath Path) : TemplateNode;

    /// <summary>A text with expressions in it: a string. Each part is a literal or an expression.</summary>
    public sealed record Mixed(ImmutableArray<(string Literal, Expression? Expression)> Parts, FieldPath Path) : TemplateNode;

    public sealed record List(ImmutableArray<TemplateNode> Items) : TemplateNode;

    public sealed record Object(ImmutableArray<(string Name, TemplateNode Value)> Properties) : TemplateNode;

    /// <summary>All expressions in it, with their fields.</summary>
    public IEnumerable<(Expression Expression, FieldPath Path)> Expressions() => this switch
    {
        Single single => [(single.Expression, single.Path)],
        Mixed mixed => mixed.Parts.Where(part => part.Expression is not null).Select(part => (part.Expression!, mixed.Path)),
        List list => list.Items.SelectMany(item => item.Expressions()),
        Object value => value.Properties.SelectMany(property => property.Value.Expressions()),
        _ => [],
    };

    /// <exception cref="ExpressionFaultException">A part has no value, or one that is no text.</exception>
    public static string Concatenate(Mixed mixed, IExpressionScope scope)
    {
        var text = new StringBuilder();
        foreach (var (literal, expression) in mixed.Parts)
        {
            text.Append(literal);
            if (expression is null) continue;
            var value = ExpressionEvaluator.Evaluate(expression, scope);
            text.Append(value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                var kind => throw new ExpressionFaultException(expression.Offset,
                    $"{expression} is {JsonValues.NameOf(kind)} and cannot stand inside a text{(kind == JsonValueKind.Null ? "; use default(...)" : "; make it the whole value")}"),
            });
            if (text.Length > WorkflowLimits.EvaluatedBytes)
                throw new ExpressionFaultException(expression.Offset, $"the value is over {WorkflowLimits.EvaluatedBytes} bytes");
        }

        return text.ToString();
    }
}
