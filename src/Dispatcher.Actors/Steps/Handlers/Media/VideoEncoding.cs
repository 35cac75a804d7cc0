namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// The one way in which video is encoded, so that any two results can be joined without encoding them again: H.264 at crf 20 and 30 frames a
/// second, AAC at 192 kbit/s, 48 kHz, stereo.
/// </summary>
internal static class VideoEncoding
{
    /// <summary>Codec arguments for one .mp4 of exactly so many frames; sound and picture have the same length.</summary>
    public static IEnumerable<string> Arguments(long frames, string preset) =>
    [
        "-t", MediaTools.Seconds(FrameGrid.Seconds(frames)),
        "-c:v", "libx264", "-preset", preset, "-crf", "20", "-pix_fmt", "yuv420p", "-video_track_timescale", "15360",
        "-c:a", "aac", "-b:a", "192k", "-ar", "48000", "-ac", "2",
        "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact",
    ];
}
