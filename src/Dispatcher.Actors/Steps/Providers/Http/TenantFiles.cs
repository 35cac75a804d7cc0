using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Steps.Providers.Http;

/// <summary>Files that a tenant has laid ready for orders: below <c>{files}/{tenant}/</c>, and nothing else can be named.</summary>
internal static class TenantFiles
{
    /// <summary>The file as <c>data:image/png;base64,...</c>.</summary>
    /// <exception cref="StepFailedException">It is not there, is too large, or its name is not allowed.</exception>
    public static async ValueTask<string> DataUri(HttpProviderOptions options, string tenant, string path)
    {
        if (options.FilesDirectory is not { } root) throw Bad(path, "this server has no directory of files for orders (dispatcher.files.directory)");
        try
        {
            var relative = $"{ArtifactPath.CheckedTenant(tenant)}/{ArtifactPath.Checked(path)}";
            LinkGuard.RefuseLinks(root, relative);
            using var handle = NativeFiles.OpenWithoutFollowing(Path.Combine(root, relative));
            var length = RandomAccess.GetLength(handle);
            if (length > options.FileLimitBytes) throw Bad(path, $"it has {length} bytes, more than {options.FileLimitBytes}");
            var bytes = new byte[length];
            for (var read = 0; read < bytes.Length;)
            {
                var more = await RandomAccess.ReadAsync(handle, bytes.AsMemory(read), read);
                if (more == 0) throw Bad(path, "it became shorter while it was read");
                read += more;
            }

            return $"data:{TypeOf(path)};base64,{Convert.ToBase64String(bytes)}";
        }
        catch (Exception fault) when (fault is ArtifactPathException or IOException or NotSupportedException)
        {
            throw Bad(path, fault.Message);
        }
    }

    private static StepFailedException Bad(string path, string reason) => new(ErrorClass.InvalidInput, $"The order's file '{path}' cannot be sent: {reason}", ProviderFailure.BadFile);

    private static string TypeOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".jpg" or ".jpeg" => "image/jpeg",
        ".png" => "image/png",
        ".webp" => "image/webp",
        ".wav" => "audio/wav",
        ".mp3" => "audio/mpeg",
        ".mp4" => "video/mp4",
        _ => "application/octet-stream",
    };
}
