namespace Yoga;

/// <summary>Every number of the seven playbooks (section <c>yoga</c> of the application's configuration). The defaults are the contract's.</summary>
internal sealed record YogaOptions
{
    public QualityOptions Quality { get; init; } = new();

    public SegmentationOptions Segmentation { get; init; } = new();

    public AssessmentOptions Assessment { get; init; } = new();

    public SafetyOptions Safety { get; init; } = new();

    public CoachingOptions Coaching { get; init; } = new();

    public ReportOptions Report { get; init; } = new();

    public PackageOptions Package { get; init; } = new();
}

internal sealed record QualityOptions
{
    public double MinSeconds { get; init; } = 10;

    /// <summary>A longer clip is analysed, with a warning.</summary>
    public double AdvisedSeconds { get; init; } = 60;

    /// <summary>A longer clip is rejected: the upload policy's <c>max_duration_sec</c>.</summary>
    public double MaxSeconds { get; init; } = 900;

    public int MinWidth { get; init; } = 640;

    public int MinHeight { get; init; } = 480;

    public double MinFps { get; init; } = 15;

    public int MinFrames { get; init; } = 150;

    /// <summary>The part of all key joints in all frames that must be detected.</summary>
    public double MinDetection { get; init; } = 0.7;

    /// <summary>Of the key joints that were detected.</summary>
    public double MinMeanConfidence { get; init; } = 0.6;

    /// <summary>The least confidence of a joint that counts as detected.</summary>
    public double JointDetection { get; init; } = 0.3;
}

internal sealed record SegmentationOptions
{
    /// <summary>A segment is accepted above it.</summary>
    public double MinConfidence { get; init; } = 0.7;

    public double MinSeconds { get; init; } = 3;

    /// <summary>Parts of a segment that are its entry, hold and exit.</summary>
    public double Entry { get; init; } = 0.2;

    public double Hold { get; init; } = 0.6;

    /// <summary>Weights of a segment's confidence.</summary>
    public double ClassificationWeight { get; init; } = 0.5;

    public double KeypointsWeight { get; init; } = 0.3;

    public double PhaseWeight { get; init; } = 0.2;

    /// <summary>Degrees of deviation at which an angle speaks against a pose altogether.</summary>
    public double AngleReach { get; init; } = 60;

    /// <summary>The likeness, 0..1, from which a frame is taken for a pose.</summary>
    public double MinLikeness { get; init; } = 0.6;

    /// <summary>Seconds of other frames that do not end a segment.</summary>
    public double BridgedSeconds { get; init; } = 0.3;

    /// <summary>The fastest way of the joints while a pose is held, in lengths of the back a second.</summary>
    public double StillSpeed { get; init; } = 0.35;
}

internal sealed record AssessmentOptions
{
    /// <summary>How many tolerances make an event red.</summary>
    public double RedFactor { get; init; } = 2;

    /// <summary>How many times the stability limit makes an event red.</summary>
    public double RedSway { get; init; } = 3;
}

internal sealed record SafetyOptions
{
    public double LowConfidence { get; init; } = 0.5;

    public double MediumConfidence { get; init; } = 0.7;

    /// <summary>More than this part of the events below <see cref="MediumConfidence"/> makes the whole medium.</summary>
    public double UnsureEvents { get; init; } = 0.5;
}

internal sealed record CoachingOptions
{
    public int MaxItems { get; init; } = 5;

    /// <summary>What the name of a video is put behind.</summary>
    public string VideoUrl { get; init; } = "https://www.youtube.com/watch?v=";

    /// <summary>1 or 2.</summary>
    public int FocusPoints { get; init; } = 1;
}

internal sealed record ReportOptions
{
    /// <summary>A change of the score that is no trend.</summary>
    public double TrendBand { get; init; } = 0.05;
}

internal sealed record PackageOptions
{
    /// <summary>Where people open results; without a slash at its end. Absent: the address that this server listens on.</summary>
    public string? ShareUrl { get; init; }

    public int ShareLinkHours { get; init; } = 72;
}
