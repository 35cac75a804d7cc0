using System.Collections.Immutable;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>Told of an expression that cannot be read: the node, its path, the offset in its text and the reason.</summary>
internal delegate void ExpressionFaultHandler(SourceNode node, FieldPath path, int offset, string reason);

/// <summary>
/// Compiles a JSON tree into a template. Properties are sorted, so that equal definitions give equal bytes. After a fault it goes
/// on with the next text, so that all faults are found.
/// </summary>
internal static class TemplateCompiler
{
    public static TemplateNode Compile(SourceNode node, FieldPath path, ExpressionFaultHandler onFault)
    {
        switch (node.Kind)
        {
            case JsonValueKind.String:
                return Text(node, path, onFault);
            case JsonValueKind.Array:
                var items = node.Items.Select((item, index) => Compile(item, path.Item(index), onFault)).ToImmutableArray();
                return items.All(item => item is TemplateNode.Constant) ? ConstantList(items) : new TemplateNode.List(items);
            case JsonValueKind.Object:
                var properties = node.Properties.OrderBy(property => property.Name, StringComparer.Ordinal)
                    .Select(property => (property.Name, Value: Compile(property.Value, path.Property(property.Name), onFault))).ToImmutableArray();
                return properties.All(property => property.Value is TemplateNode.Constant) ? ConstantObject(properties) : new TemplateNode.Object(properties);
            default:
                return new TemplateNode.Constant(CanonicalJson.ToElement(node));
        }
    }

    private static TemplateNode Text(SourceNode node, FieldPath path, ExpressionFaultHandler onFault)
    {
        var parts = TemplateText.Split(node.Text, out var unclosed);
        if (unclosed is { } open)
        {
            onFault(node, path, open.Offset - 2, "the expression that starts here is not closed with }");
            return new TemplateNode.Constant(JsonValues.Null);
        }

        var compiled = parts.Select(Compiled).ToImmutableArray();
        if (!parts.Exists(part => part.IsExpression))
            return new TemplateNode.Constant(JsonValues.Text(string.Concat(parts.Select(part => part.Text))));
        return parts.Count == 1 ? new TemplateNode.Single(compiled[0].Expression!, path) : new TemplateNode.Mixed(compiled, path);

        (string Literal, Expression? Expression) Compiled(TemplatePart part) => part.IsExpression ? ("", Read(part, node, path, onFault)) : (part.Text, null);
    }

    private static Expression Read(TemplatePart part, SourceNode node, FieldPath path, ExpressionFaultHandler onFault)
    {
        try
        {
            return ExpressionParser.Parse(part.Text, part.Offset);
        }
        catch (ExpressionFaultException fault)
        {
            onFault(node, path, fault.Offset, fault.Message);
            return new Expression.Literal(JsonValues.Null, part.Offset) { IsPlaceholder = true };
        }
    }

    private static TemplateNode.Constant ConstantList(ImmutableArray<TemplateNode> items) =>
        new(JsonSerializer.SerializeToElement(items.Select(item => ((TemplateNode.Constant)item).Value)));

    private static TemplateNode.Constant ConstantObject(ImmutableArray<(string Name, TemplateNode Value)> properties) =>
        new(JsonSerializer.SerializeToElement(
            properties.ToDictionary(property => property.Name, property => ((TemplateNode.Constant)property.Value).Value, StringComparer.Ordinal)));
}
