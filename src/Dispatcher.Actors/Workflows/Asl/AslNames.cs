using System.Text;

namespace Dispatcher.Workflows.Asl;

/// <summary>Names of the Amazon States Language in the spelling of workflows.</summary>
internal static class AslNames
{
    private static readonly string[] ResourceEndings = ["FunctionArn", "LambdaArn", "Function", "Arn"];

    /// <summary>
    /// <c>MarkProcessing</c>, <c>mark processing</c> and <c>mark-processing</c> are all <c>mark-processing</c>: words in lower case with dashes, cut to the length of a
    /// name. Dots and underscores stay if they are allowed.
    /// </summary>
    public static string Spell(string name, string signs = "_")
    {
        var spelled = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var character = name[i];
            var isPlain = char.IsAsciiLetterOrDigit(character) || signs.Contains(character, StringComparison.Ordinal);
            if (char.IsAsciiLetterUpper(character) && i > 0 && (char.IsAsciiLetterLower(name[i - 1]) || char.IsAsciiDigit(name[i - 1]))) spelled.Append('-');
            if (isPlain) spelled.Append(char.ToLowerInvariant(character));
            else if (spelled.Length > 0 && spelled[^1] != '-') spelled.Append('-');
        }

        var text = spelled.ToString().Trim('-');
        if (text.Length == 0 || !char.IsAsciiLetter(text[0])) text = $"state-{text}".TrimEnd('-');
        return text.Length <= WorkflowLimits.NameCharacters ? text : text[..WorkflowLimits.NameCharacters].TrimEnd('-');
    }

    /// <summary>The ids of steps for the names of states, in their order; two that would be spelled alike are numbered.</summary>
    public static IReadOnlyDictionary<string, string> Ids(IEnumerable<string> states)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var state in states)
        {
            var id = Spell(state);
            for (var number = 2; !taken.Add(id); number++)
            {
                var ending = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"-{number}");
                var stem = Spell(state);
                id = stem[..Math.Min(stem.Length, WorkflowLimits.NameCharacters - ending.Length)] + ending;
            }

            ids.Add(state, id);
        }

        return ids;
    }

    /// <summary>
    /// The capability code that a task's <c>Resource</c> stands for: the function's name of an ARN of Lambda (<c>arn:aws:lambda:eu-west-1:1:function:markProcessing</c>, or
    /// short, <c>arn:aws:lambda:...:markProcessing</c>), what a template writes for one (<c>${MarkProcessingFunctionArn}</c>), or a handler's name as it is. Null for anything else.
    /// </summary>
    public static string? CapabilityOf(string resource)
    {
        if (resource.StartsWith("${", StringComparison.Ordinal) && resource.EndsWith('}')) return CapabilityOfVariable(resource[2..^1]);
        if (!resource.StartsWith("arn:", StringComparison.Ordinal)) return NameRule.Handler.Allows(resource) ? resource : null;
        var parts = resource.Split(':');
        if (parts.Length < 5 || parts[2] != "lambda") return null;
        var function = Array.IndexOf(parts, "function");
        var name = function > 0 && function + 1 < parts.Length ? parts[function + 1] : parts[^1];
        return Allowed(Spell(name, "._"));
    }

    private static string? CapabilityOfVariable(string variable)
    {
        var ending = ResourceEndings.FirstOrDefault(candidate => variable.EndsWith(candidate, StringComparison.Ordinal) && variable.Length > candidate.Length);
        return variable.Length == 0 ? null : Allowed(Spell(ending is null ? variable : variable[..^ending.Length], "._"));
    }

    private static string? Allowed(string code) => NameRule.Handler.Allows(code) ? code : null;
}
