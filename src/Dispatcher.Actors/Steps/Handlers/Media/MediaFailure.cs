using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>The stable codes of the media handlers. Each failure's message says what was wrong, where, and what to do.</summary>
public static class MediaFailure
{
    public const string InputNotFound = "INPUT_NOT_FOUND";
    public const string CodecUnsupported = "CODEC_UNSUPPORTED";
    public const string NoAudio = "NO_AUDIO";
    public const string TranscriptParse = "TRANSCRIPT_PARSE";
    public const string TranscriptInvalid = "TRANSCRIPT_INVALID";
    public const string InvalidPlan = "INVALID_PLAN";
    public const string SyncDriftExceeded = "SYNC_DRIFT_EXCEEDED";
    public const string EmptyStoryboard = "EMPTY_STORYBOARD";
    public const string InvalidStoryboard = "INVALID_STORYBOARD";
    public const string SceneFailed = "SCENE_FAILED";
    public const string InvalidManifest = "INVALID_MANIFEST";
    public const string InvalidWith = "INVALID_WITH";
    public const string PathNotAllowed = "PATH_NOT_ALLOWED";
    public const string DiskFull = "DISK_FULL";
    public const string IoFailed = "IO_FAILED";
    public const string ToolMissing = "TOOL_MISSING";
    public const string ToolFailed = "TOOL_FAILED";

    /// <summary>Input that cannot work however often it is tried.</summary>
    public static StepFailedException Invalid(string code, string message) => new(ErrorClass.InvalidInput, message, code);

    /// <summary>A fault of the set-up or of an earlier step that trying again does not mend.</summary>
    public static StepFailedException Permanent(string code, string message) => new(ErrorClass.Permanent, message, code);

    /// <summary>A fault of the machine that may pass.</summary>
    public static StepFailedException Transient(string code, string message) => new(ErrorClass.Transient, message, code);
}
