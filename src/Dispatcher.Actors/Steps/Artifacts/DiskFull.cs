using Dispatcher.Jobs;

namespace Dispatcher.Steps.Artifacts;

/// <summary>Knows a full disk by its error number, so that a step fails with a code that an operator can look for and tries again later.</summary>
internal static class DiskFull
{
    public const string Code = "DISK_FULL";

    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public static bool Is(IOException exception) => exception.HResult is NoSpace or QuotaExceeded or WindowsDiskFull;

    public static StepFailedException Failure(string folderKey, IOException exception) =>
        new(
            Jobs.Failure.Of(ErrorClass.Transient, $"disk full: cannot write into the artifact folder {folderKey} ({exception.Message})", Code),
            exception);
}
