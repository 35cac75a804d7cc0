using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>What a text is to a template.</summary>
internal enum TemplateForm
{
    Constant,

    /// <summary>One <c>${...}</c> and nothing else: its value keeps its type.</summary>
    Expression,

    /// <summary>Text with expressions in it: a string.</summary>
    Mixed,
}

/// <summary>A piece of a text: either literal characters or the inside of one <c>${...}</c>.</summary>
/// <param name="Text">The literal, or the expression.</param>
/// <param name="IsExpression">Which of the two.</param>
/// <param name="Offset">Where <paramref name="Text"/> begins in the whole text.</param>
internal readonly record struct TemplatePart(string Text, bool IsExpression, int Offset);

/// <summary>Splits texts into literals and <c>${...}</c>; <c>$${</c> is the literal <c>${</c>.</summary>
internal static class TemplateText
{
    private const string Opening = "${";

    public static TemplateForm FormOf(string text)
    {
        if (!text.Contains(Opening, StringComparison.Ordinal)) return TemplateForm.Constant;
        var parts = Split(text, out _);
        if (!parts.Exists(part => part.IsExpression)) return TemplateForm.Constant;
        return parts.Count == 1 ? TemplateForm.Expression : TemplateForm.Mixed;
    }

    /// <summary>The text of a constant: escapes undone.</summary>
    public static string Unescape(string text) =>
        text.Contains(Opening, StringComparison.Ordinal) ? string.Concat(Split(text, out _).Select(part => part.Text)) : text;

    public static bool HasExpression(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => FormOf(value.GetString()!) != TemplateForm.Constant,
        JsonValueKind.Array => value.EnumerateArray().Any(HasExpression),
        JsonValueKind.Object => value.EnumerateObject().Any(property => HasExpression(property.Value)),
        _ => false,
    };

    /// <summary>The parts in order; an expression that is not closed runs to the end and is given in <paramref name="unclosed"/>.</summary>
    public static List<TemplatePart> Split(string text, out TemplatePart? unclosed)
    {
        unclosed = null;
        var parts = new List<TemplatePart>();
        var literal = new System.Text.StringBuilder();
        var position = 0;
        while (position < text.Length)
        {
            var opening = text.IndexOf(Opening, position, StringComparison.Ordinal);
            if (opening < 0) break;
            if (opening > position && text[opening - 1] == '$')
            {
                literal.Append(text, position, opening - 1 - position).Append(Opening);
                position = opening + Opening.Length;
                continue;
            }

            literal.Append(text, position, opening - position);
            Flush(parts, literal);
            var start = opening + Opening.Length;
            var end = ClosingBrace(text, start);
            var part = new TemplatePart(text[start..(end < 0 ? text.Length : end)], IsExpression: true, start);
            if (end < 0) unclosed = part;
            parts.Add(part);
            position = end < 0 ? text.Length : end + 1;
        }

        literal.Append(text, position, text.Length - position);
        Flush(parts, literal);
        return parts;
    }

    /// <summary>The next brace outside quotes; the language has no braces of its own.</summary>
    private static int ClosingBrace(string text, int start)
    {
        var quote = '\0';
        for (var i = start; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0' && c == '\\') i++;
            else if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '\'' or '"') quote = c;
            else if (c == '}') return i;
        }

        return -1;
    }

    private static void Flush(List<TemplatePart> parts, System.Text.StringBuilder literal)
    {
        if (literal.Length > 0) parts.Add(new TemplatePart(literal.ToString(), IsExpression: false, 0));
        literal.Clear();
    }
}
