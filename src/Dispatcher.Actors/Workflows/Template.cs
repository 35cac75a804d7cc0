using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>
/// A JSON value whose texts may hold expressions: <c>"${input.video}"</c> keeps the value's type, <c>"file ${item_index}.wav"</c> makes a text,
/// <c>$${</c> stands for <c>${</c>. Compiled once, evaluated for each attempt. Immutable.
/// </summary>
public sealed class Template
{
    private readonly TemplateNode _root;

    internal Template(TemplateNode root, string field) => (_root, Field) = (root, field);

    /// <summary>The field that errors name: <c>with</c>.</summary>
    public string Field { get; }

    /// <summary>Compiles a template from JSON.</summary>
    /// <param name="value">Any JSON value.</param>
    /// <param name="field">What errors call it.</param>
    /// <exception cref="ExpressionException">The first expression that cannot be read.</exception>
    public static Template Parse(JsonElement value, string field = "") => throw new NotSupportedException(field + value);

    /// <summary>The template's value; null if it is JSON's null.</summary>
    /// <exception cref="ExpressionException">An expression has no value here.</exception>
    public JsonElement? Evaluate(IExpressionScope scope) => throw new NotSupportedException(_root.ToString() + scope);

    /// <summary>The value of a <c>when</c>.</summary>
    /// <exception cref="ExpressionException">It has no value, or one that is neither true nor false.</exception>
    public bool EvaluateCondition(IExpressionScope scope) => throw new NotSupportedException(_root.ToString() + scope);

    /// <summary>The items of a <c>for_each</c>: a JSON array of at most <see cref="Jobs.JobLimits.FanOutItems"/>.</summary>
    /// <exception cref="ExpressionException">It has no value, is no list, or has too many items.</exception>
    public JsonElement EvaluateItems(IExpressionScope scope) => throw new NotSupportedException(_root.ToString() + scope);
}
