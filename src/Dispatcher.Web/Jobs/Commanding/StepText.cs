using System.Globalization;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Jobs.Commanding;

/// <summary>A step as callers name it: <c>render</c>, or of an item <c>render[3]</c>.</summary>
internal static class StepText
{
    /// <summary>What is no item's name is a step's, which the job then does not have.</summary>
    public static StepKey? Parse(string? text)
    {
        if (text is null) return null;
        var open = text.IndexOf('[', StringComparison.Ordinal);
        var isItem = open > 0 && text.EndsWith(']');
        return isItem && int.TryParse(text.AsSpan(open + 1, text.Length - open - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var item)
            ? new StepKey(text[..open], item)
            : new StepKey(text);
    }
}
