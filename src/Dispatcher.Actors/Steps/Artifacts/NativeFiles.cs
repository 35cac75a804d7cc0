using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dispatcher.Steps.Artifacts;

/// <summary>
/// The two things that a store on disk needs and .NET does not offer: to open a file without following a link or waiting for a pipe's writer, and to
/// flush a folder, without which a renamed file's name may be gone after a power cut.
/// </summary>
internal static class NativeFiles
{
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int Interrupted = 4;
    private const int TooManyLinks = 40;

    /// <summary>Opens an existing file for reading; a symbolic link in the last segment is refused, not followed.</summary>
    /// <exception cref="IOException">It cannot be opened; <see cref="Exception.HResult"/> holds errno.</exception>
    public static SafeFileHandle OpenWithoutFollowing(string path)
    {
        int descriptor;
        do
        {
            descriptor = Open(path, ReadOnly | NonBlocking | CloseOnExec | NoFollow);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);

        var error = Marshal.GetLastPInvokeError();
        var reason = error == TooManyLinks ? "it is a symbolic link" : Marshal.GetPInvokeErrorMessage(error);
        throw new IOException($"Cannot open '{path}': {reason}.", error);
    }

    /// <summary>Flushes a folder's entries to disk, where the file system can; those that cannot say so and are left alone.</summary>
    public static void FlushFolder(string path)
    {
        using var handle = OpenWithoutFollowing(path);
        _ = Flush(handle);
    }

    /// <summary>O_NOFOLLOW is one of the few flags that differ between processors.</summary>
    private static int NoFollow => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(SafeFileHandle handle);
}
