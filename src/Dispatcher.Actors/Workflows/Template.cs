using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>
/// A JSON value whose texts may hold expressions: <c>"${input.video}"</c> keeps the value's type, <c>"file ${item_index}.wav"</c> makes a text,
/// <c>$${</c> stands for <c>${</c>. Compiled once, evaluated for each attempt. Immutable.
/// </summary>
public sealed class Template
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TemplateNode _root;
    private readonly JsonElement? _constant;
    private readonly int _outerParts;

    /// <param name="root">The compiled value.</param>
    /// <param name="field">Where the template stands.</param>
    /// <param name="outerParts">How many parts of the paths errors leave out, because the caller names the step.</param>
    internal Template(TemplateNode root, FieldPath field, int outerParts)
    {
        (_root, _outerParts) = (root, outerParts);
        Field = TextOf(field);
        if (root is TemplateNode.Constant { Value.ValueKind: not JsonValueKind.Null } constant) _constant = constant.Value;
    }

    /// <summary>The field that errors name: <c>with</c>.</summary>
    public string Field { get; }

    /// <summary>True if the value is the same in every scope.</summary>
    public bool IsConstant => _root is TemplateNode.Constant;

    /// <summary>True if it is one expression and nothing else, so that its value keeps its type.</summary>
    internal bool IsSingle => _root is TemplateNode.Single;

    /// <summary>Compiles a template from JSON.</summary>
    /// <param name="value">Any JSON value.</param>
    /// <param name="field">What errors call it.</param>
    /// <exception cref="ExpressionException">The first expression that cannot be read.</exception>
    public static Template Parse(JsonElement value, string field = "")
    {
        var path = field.Length == 0 ? FieldPath.Root : FieldPath.Root.Property(field);
        try
        {
            var node = TemplateCompiler.Compile(JsonSourceReader.FromJson(value), path,
                (_, at, offset, reason) => throw new ExpressionException(at.ToString(), offset + 1, reason));
            return new Template(node, path, outerParts: 0);
        }
        catch (InvalidOperationException exception)
        {
            throw new ExpressionException(field, 1, exception.Message);
        }
    }

    /// <summary>The template's value; null if it is JSON's null.</summary>
    /// <exception cref="ExpressionException">An expression has no value here.</exception>
    public JsonElement? Evaluate(IExpressionScope scope)
    {
        if (IsConstant) return _constant;
        var value = Value(scope);
        return value.ValueKind == JsonValueKind.Null ? null : value;
    }

    /// <summary>The value of a <c>when</c>.</summary>
    /// <exception cref="ExpressionException">It has no value, or one that is neither true nor false.</exception>
    public bool EvaluateCondition(IExpressionScope scope) => Value(scope).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        var kind => throw new ExpressionException(Field, 1, $"the condition must be true or false, and it is {JsonValues.NameOf(kind)}"),
    };

    /// <summary>The items of a <c>for_each</c>: a JSON array of at most <see cref="JobLimits.FanOutItems"/>.</summary>
    /// <exception cref="ExpressionException">It has no value, is no list, or has too many items.</exception>
    public JsonElement EvaluateItems(IExpressionScope scope)
    {
        var value = Value(scope);
        if (value.ValueKind != JsonValueKind.Array)
            throw new ExpressionException(Field, 1, $"for_each takes a list, and it is {JsonValues.NameOf(value.ValueKind)}");
        var length = value.GetArrayLength();
        if (length <= JobLimits.FanOutItems) return value;
        throw new ExpressionException(Field, 1, $"for_each takes at most {JobLimits.FanOutItems} items, not {length}");
    }

    internal IEnumerable<(Expression Expression, FieldPath Path)> Expressions() => _root.Expressions();

    private JsonElement Value(IExpressionScope scope)
    {
        switch (_root)
        {
            case TemplateNode.Constant constant: return constant.Value;
            case TemplateNode.Single single: return ValueOf(single, scope);
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Writing)) Write(_root, writer, scope);
        try
        {
            return JsonElement.Parse(buffer.WrittenSpan, new JsonDocumentOptions { MaxDepth = WorkflowLimits.Nesting });
        }
        catch (JsonException)
        {
            // The writer makes nothing else that cannot be read.
            throw new ExpressionException(Field, 1, $"the value nests more than {WorkflowLimits.Nesting} deep");
        }
    }

    private void Write(TemplateNode node, Utf8JsonWriter writer, IExpressionScope scope)
    {
        switch (node)
        {
            case TemplateNode.Constant constant:
                constant.Value.WriteTo(writer);
                break;
            case TemplateNode.Single single:
                ValueOf(single, scope).WriteTo(writer);
                break;
            case TemplateNode.Mixed mixed:
                writer.WriteStringValue(Located(mixed.Path, () => TemplateNode.Concatenate(mixed, scope)));
                break;
            case TemplateNode.List list:
                writer.WriteStartArray();
                foreach (var item in list.Items) Write(item, writer, scope);
                writer.WriteEndArray();
                break;
            case TemplateNode.Object value:
                writer.WriteStartObject();
                foreach (var (name, property) in value.Properties)
                {
                    writer.WritePropertyName(name);
                    Write(property, writer, scope);
                }

                writer.WriteEndObject();
                break;
        }

        if (writer.BytesCommitted + writer.BytesPending > WorkflowLimits.EvaluatedBytes)
            throw new ExpressionException(Field, 1,
                $"the value is over {WorkflowLimits.EvaluatedBytes} bytes; give larger data by reference, as an artifact");
    }

    private JsonElement ValueOf(TemplateNode.Single single, IExpressionScope scope) =>
        Located(single.Path, () => ExpressionEvaluator.Evaluate(single.Expression, scope));

    private TResult Located<TResult>(FieldPath path, Func<TResult> evaluate)
    {
        try
        {
            return evaluate();
        }
        catch (ExpressionFaultException fault)
        {
            throw new ExpressionException(TextOf(path), fault.Offset + 1, fault.Message);
        }
        catch (InvalidOperationException)
        {
            // System.Text.Json reads a lone surrogate ("\ud800") only when somebody asks for the text.
            throw new ExpressionException(TextOf(path), 1, "a text in it is not valid Unicode");
        }
    }

    private string TextOf(FieldPath path) => FieldPath.Text(path.Parts().Skip(_outerParts));
}
