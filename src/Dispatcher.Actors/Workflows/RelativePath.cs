namespace Dispatcher.Workflows;

/// <summary>What a path into a job's artifact folder may look like; the artifact store checks again, against the disk.</summary>
internal static class RelativePath
{
    /// <summary>What is wrong with the path, or null.</summary>
    public static string? FaultOf(string path)
    {
        if (path.Length == 0) return "is empty";
        if (path.Length > WorkflowLimits.ArtifactPathCharacters) return $"has more than {WorkflowLimits.ArtifactPathCharacters} characters";
        if (path.Contains('\\', StringComparison.Ordinal)) return "has a backslash; use forward slashes";
        if (path.Any(char.IsControl)) return "has a control character";
        if (path[0] == '/' || (path.Length > 1 && path[1] == ':' && char.IsAsciiLetter(path[0])))
            return "is absolute; give it relative to the job's artifact folder";
        foreach (var part in path.Split('/'))
        {
            if (part is "..") return "leads out of the folder with '..'";
            if (part is "" or ".") return "has an empty part or '.'";
        }

        return null;
    }
}
