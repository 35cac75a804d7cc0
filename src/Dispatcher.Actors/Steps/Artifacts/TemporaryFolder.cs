namespace Dispatcher.Steps.Artifacts;

/// <summary>
/// A folder of one attempt, on the same file system as the job's folder, so that what was made in it can be committed by a rename. Deleted with all
/// that is in it when disposed.
/// </summary>
public sealed class TemporaryFolder(string path) : IDisposable
{
    /// <summary>The absolute path; the folder exists.</summary>
    public string Path { get; } = path;

    public void Dispose()
    {
        try
        {
            if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Something still writes there, or took its rights away. It is not worth the attempt's result: the sweep of temporaries finds it later.
        }
    }
}
