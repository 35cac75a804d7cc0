using System.Globalization;
using OsProcess = System.Diagnostics.Process;

namespace Dispatcher.Process.Tests.Support;

/// <summary>A file system of a chosen size in memory, mounted for one test. Mounting needs the rights of root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <param name="kibibytes">Its size; the kernel rounds it up to pages.</param>
    public SmallDisk(int kibibytes)
    {
        var (exitCode, error) = Run("mount", "-t", "tmpfs", "-o", Size(kibibytes), "tmpfs", _directory.Path);
        if (exitCode == 0) return;
        _directory.Dispose();
        Assert.Fail($"This test needs a small disk, and mounting one is not permitted here ({error.Trim()}). Run the tests as root in a container with CAP_SYS_ADMIN.");
    }

    public string Data => _directory.Data;

    public string Path => _directory.Path;

    /// <summary>Somebody makes room.</summary>
    public void Grow(int kibibytes) => Remount(Size(kibibytes));

    public void MakeReadOnly() => Remount("ro");

    public void Dispose()
    {
        Run("umount", _directory.Path);
        _directory.Dispose();
    }

    private void Remount(string option) => Assert.Equal((0, ""), Run("mount", "-o", $"remount,{option}", _directory.Path));

    private static string Size(int kibibytes) => string.Create(CultureInfo.InvariantCulture, $"size={kibibytes}k");

    private static (int ExitCode, string Error) Run(string command, params string[] arguments)
    {
        using var process = OsProcess.Start(new System.Diagnostics.ProcessStartInfo(command, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
