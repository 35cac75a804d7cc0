namespace Provider;

/// <summary>How the provider runs.</summary>
public sealed record ProviderSettings
{
    public string Urls { get; init; } = "http://127.0.0.1:0";

    /// <summary>Predictions, the bill and clips; they are there again after a kill.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Clips are made by ffmpeg; false makes a few bytes instead, for tests that look at no picture.</summary>
    public bool WithFfmpeg { get; init; } = true;

    /// <summary>How long each prediction takes longer than it must.</summary>
    public TimeSpan Delay { get; init; }
}
