namespace Dispatcher.Steps.Artifacts;

/// <summary>
/// Refuses symbolic links on the way to a file. A step's command may write what it likes into its folder; a link that it left there must not make
/// Dispatcher read or overwrite a file elsewhere. The check and the use are two moments, so a command that is still running could slip between
/// them: callers look only after their commands have ended, and the last segment is opened without following links.
/// </summary>
internal static class LinkGuard
{
    /// <summary>Looks at each segment of the path below the base that exists; the base itself is trusted.</summary>
    /// <exception cref="ArtifactPathException">A segment is a symbolic link.</exception>
    public static void RefuseLinks(string baseDirectory, string relativePath)
    {
        for (var end = relativePath.IndexOf('/', StringComparison.Ordinal); ; end = relativePath.IndexOf('/', end + 1))
        {
            var part = end < 0 ? relativePath : relativePath[..end];
            if (new FileInfo(Path.Combine(baseDirectory, part)).LinkTarget is not null)
            {
                throw new ArtifactPathException($"The artifact path '{relativePath}' is not allowed: '{part}' is a symbolic link.");
            }

            if (end < 0) return;
        }
    }
}
