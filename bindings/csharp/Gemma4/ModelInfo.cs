using System;
using System.Collections.Generic;

namespace Gemma4
{
    /// <summary>What a model and one session take in memory, in bytes.</summary>
    public sealed class MemoryNeeds
    {
        internal MemoryNeeds(IntPtr needs)
        {
            WeightsMappedBytes = Flat.gemma4_memory_needs_get_weights_mapped_bytes(needs);
            WeightsResidentBytes = Flat.gemma4_memory_needs_get_weights_resident_bytes(needs);
            KvBytes = Flat.gemma4_memory_needs_get_kv_bytes(needs);
            ScratchBytes = Flat.gemma4_memory_needs_get_scratch_bytes(needs);
            ResidentBytes = Flat.gemma4_memory_needs_get_resident_bytes(needs);
        }

        /// <summary>Files that are mapped: address space, not all of it ever resident.</summary>
        public ulong WeightsMappedBytes { get; private set; }

        /// <summary>Weights as they are computed with.</summary>
        public ulong WeightsResidentBytes { get; private set; }

        /// <summary>Keys and values of the session when its context is full.</summary>
        public ulong KvBytes { get; private set; }

        /// <summary>Activations, logits, tokenizer.</summary>
        public ulong ScratchBytes { get; private set; }

        /// <summary>The last three together.</summary>
        public ulong ResidentBytes { get; private set; }
    }

    /// <summary>What the decoder does with a tensor.</summary>
    public enum TensorUse
    {
        /// <summary>It computes with it.</summary>
        Used = 0,
        /// <summary>Nothing: it is of the vision or audio part.</summary>
        SetAside = 1,
        /// <summary>Nothing: it is in the files and never computed with.</summary>
        Dead = 2
    }

    /// <summary>One tensor of a checkpoint.</summary>
    public sealed class TensorInfo
    {
        internal TensorInfo(IntPtr tensor)
        {
            Name = Flat.gemma4_tensor_info_get_name(tensor);
            Type = Flat.gemma4_tensor_info_get_type(tensor);
            Shape = Flat.gemma4_tensor_info_get_shape(tensor);
            Role = Flat.gemma4_tensor_info_get_role(tensor);
            NumElements = Flat.gemma4_tensor_info_get_num_elements(tensor);
            SizeBytes = Flat.gemma4_tensor_info_get_size_bytes(tensor);
            Use = (TensorUse)Flat.gemma4_tensor_info_get_use(tensor);
            Layer = Flat.gemma4_tensor_info_get_layer(tensor);
        }

        /// <summary>Its name in the files.</summary>
        public string Name { get; private set; }

        /// <summary>How its numbers are stored: "BF16".</summary>
        public string Type { get; private set; }

        /// <summary>"[2048, 1536]", outermost first.</summary>
        public string Shape { get; private set; }

        /// <summary>"q_proj"; empty if it is not used.</summary>
        public string Role { get; private set; }

        /// <summary>How many numbers it has.</summary>
        public ulong NumElements { get; private set; }

        /// <summary>What it takes in the files.</summary>
        public ulong SizeBytes { get; private set; }

        /// <summary>What the decoder does with it.</summary>
        public TensorUse Use { get; private set; }

        /// <summary>The layer it belongs to; -1 if to none.</summary>
        public int Layer { get; private set; }
    }

    /// <summary>
    /// A look at a checkpoint: its headers, no weights. May be used by any number of threads.
    /// </summary>
    public sealed class ModelInfo : IDisposable
    {
        private readonly ModelInfoHandle _handle;

        private ModelInfo(IntPtr address, IDisposable files = null)
        {
            _handle = new ModelInfoHandle(address, files);
        }

        /// <summary>Inspects a checkpoint folder or file, as Model.Load takes it.</summary>
        public static ModelInfo Inspect(string path)
        {
            if (path == null) throw new ArgumentNullException("path");
            var info = new IntPtr[1];
            Flat.gemma4_model_inspect(path, info);
            return new ModelInfo(info[0]);
        }

        /// <summary>Inspects files in memory, as Model.LoadFiles takes them.</summary>
        public static ModelInfo InspectFiles(IReadOnlyDictionary<string, byte[]> files)
        {
            var info = new IntPtr[1];
            var native = new MemoryFiles(files);
            try
            {
                Flat.gemma4_model_inspect_memory(native.Address, native.Count, info);
            }
            catch
            {
                native.Dispose();
                throw;
            }
            return new ModelInfo(info[0], native); // they stay pinned until it is freed
        }

        /// <summary>"E2B", "E4B", "12B", "26B-A4B", "31B", else "custom".</summary>
        public string Variant
        {
            get { using (Use i = _handle.Use()) return Flat.gemma4_model_info_variant(i.Address); }
        }

        /// <summary>"safetensors", "gguf" or "packed".</summary>
        public string Format
        {
            get { using (Use i = _handle.Use()) return Flat.gemma4_model_info_format(i.Address); }
        }

        /// <summary>The longest context the model was made for, in tokens.</summary>
        public int MaxContextTokens
        {
            get
            {
                using (Use i = _handle.Use())
                    return (int)Flat.gemma4_model_info_max_context_tokens(i.Address);
            }
        }

        /// <summary>Token ids are in [0, VocabSize).</summary>
        public int VocabSize
        {
            get { using (Use i = _handle.Use()) return (int)Flat.gemma4_model_info_vocab_size(i.Address); }
        }

        /// <summary>Numbers of one token's state.</summary>
        public int HiddenSize
        {
            get { using (Use i = _handle.Use()) return (int)Flat.gemma4_model_info_hidden_size(i.Address); }
        }

        /// <summary>Layers of the decoder.</summary>
        public int NumLayers
        {
            get { using (Use i = _handle.Use()) return (int)Flat.gemma4_model_info_num_layers(i.Address); }
        }

        /// <summary>Layers that keep keys and values of their own.</summary>
        public int NumKvLayers
        {
            get { using (Use i = _handle.Use()) return (int)Flat.gemma4_model_info_num_kv_layers(i.Address); }
        }

        /// <summary>Positions that a sliding layer sees.</summary>
        public int SlidingWindow
        {
            get
            {
                using (Use i = _handle.Use()) return (int)Flat.gemma4_model_info_sliding_window(i.Address);
            }
        }

        /// <summary>Whether text can go in and out.</summary>
        public bool HasTokenizer
        {
            get
            {
                using (Use i = _handle.Use()) return Flat.gemma4_model_info_has_tokenizer(i.Address) != 0;
            }
        }

        /// <summary>The tensors of the files, by name.</summary>
        public IReadOnlyList<TensorInfo> Tensors()
        {
            IntPtr tensor = Flat.gemma4_tensor_info_alloc(1);
            try
            {
                using (Use info = _handle.Use())
                {
                    ulong numTensors = Flat.gemma4_model_info_num_tensors(info.Address);
                    var tensors = new List<TensorInfo>((int)numTensors);
                    for (ulong i = 0; i < numTensors; i++)
                    {
                        Flat.gemma4_model_info_tensor(info.Address, i, tensor);
                        tensors.Add(new TensorInfo(tensor));
                    }
                    return tensors;
                }
            }
            finally
            {
                Flat.gemma4_tensor_info_free(tensor, 1);
            }
        }

        /// <summary>What a load and one session would take.</summary>
        /// <param name="loadOptions">null: all defaults.</param>
        /// <param name="sessionOptions">null: all defaults.</param>
        public MemoryNeeds EstimateMemory(
            LoadOptions loadOptions = null, SessionOptions sessionOptions = null)
        {
            IntPtr needs = Flat.gemma4_memory_needs_alloc(1);
            IntPtr loadParams = IntPtr.Zero;
            try
            {
                loadParams = (loadOptions ?? new LoadOptions()).NewNative();
                using (Use info = _handle.Use())
                {
                    IntPtr address = info.Address;
                    (sessionOptions ?? new SessionOptions()).Call(
                        sessionParams =>
                            Flat.gemma4_memory_estimate(address, loadParams, sessionParams, needs));
                }
                return new MemoryNeeds(needs);
            }
            finally
            {
                if (loadParams != IntPtr.Zero) Flat.gemma4_load_params_free(loadParams, 1);
                Flat.gemma4_memory_needs_free(needs, 1);
            }
        }

        /// <summary>Frees the info.</summary>
        public void Dispose()
        {
            _handle.Dispose();
        }
    }
}
