using System.Security.Cryptography;
using Dispatcher.Jobs;

namespace Dispatcher.Kernel;

/// <summary>The one source of ids and chance of a node; a simulation replaces it by a seeded one.</summary>
public class IdGenerator(TimeProvider time)
{
    /// <summary>Fills the buffer with chance.</summary>
    public virtual void Fill(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    public JobId NextJobId()
    {
        Span<byte> random = stackalloc byte[JobId.RandomBytes];
        Fill(random);
        return JobId.Create(time.GetUtcNow(), random);
    }
}
