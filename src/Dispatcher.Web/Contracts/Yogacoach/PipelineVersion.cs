namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>A pipeline's version names its workflow, so that a new one is a file to register and nothing to configure: <c>v1.2.0</c> is <c>yogacoach-v1-2-0</c>.</summary>
internal static class PipelineVersion
{
    private const string Prefix = "yogacoach-";
    private const int LimitCharacters = 20;

    /// <summary>Null for what is no version: a <c>v</c> and one to three numbers with dots between.</summary>
    public static string? WorkflowOf(string version)
    {
        if (version.Length is < 2 or > LimitCharacters || version[0] != 'v') return null;
        var numbers = version[1..].Split('.');
        return numbers.Length <= 3 && numbers.All(number => number.Length > 0 && number.All(char.IsAsciiDigit)) ? Prefix + version.Replace('.', '-') : null;
    }

    /// <summary>The other way; null for a workflow that is no pipeline.</summary>
    public static string? Of(string workflow)
    {
        if (!workflow.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var version = workflow[Prefix.Length..].Replace('-', '.');
        return WorkflowOf(version) == workflow ? version : null;
    }
}
