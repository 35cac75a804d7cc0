namespace Dataset;

/// <summary>What to build from where.</summary>
/// <param name="Source">The image server.</param>
/// <param name="Output">Where the dataset goes.</param>
/// <param name="JobId">The caller's own job, for which the workflow is made once.</param>
/// <param name="Pause">How long each image takes longer than it must, to have time for a kill.</param>
/// <param name="PauseAt">The step that does so; all of them if null.</param>
internal sealed record BuildOptions(Uri Source, string Output, long JobId, TimeSpan Pause, string? PauseAt);
