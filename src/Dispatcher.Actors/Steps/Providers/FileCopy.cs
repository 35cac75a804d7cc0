using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Steps.Providers;

/// <summary>Copies a committed file into one that is on its way.</summary>
internal static class FileCopy
{
    private const int BufferBytes = 128 * 1024;

    public static async ValueTask To(string target, string source, CancellationToken cancellation)
    {
        using var handle = NativeFiles.OpenWithoutFollowing(source);
        var from = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        await using (from)
        {
            var to = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            await using (to) await from.CopyToAsync(to, BufferBytes, cancellation);
        }
    }
}
