/**
 * Processors as their makers write them for the original: a stage that hands on to the next by `updateInput`, an extension that
 * makes stages once it is registered. Text, for a page.
 */
export const makersProcessors = `
  {
    let made = 0;
    class Stage {
      constructor(name, kind) { this.name = name; this.kind = kind; this.ID = 'stage-' + (made += 1); this.enabled = true; this.told = []; }
      on() {}
      off() {}
      pipe(next) {
        if (next._source) throw new Error(next.name + ' is piped already');
        this.next = next;
        next._source = this;
        if (this.context) next.updateInput({ ...this.made, context: this.context });
        return next;
      }
      unpipe() {
        const { next } = this;
        if (!next) return;
        this.next = undefined;
        next._source = undefined;
        next.reset();
      }
      updateInput({ track, node, context }) {
        this.context = context;
        if (!track && !node) return;
        this.input = { track, node };
        this.told.push(track ? track.id : 'node');
        this.work(this.enabled);
      }
      output(made) {
        this.made = made;
        this.next?.updateInput({ ...made, context: this.context });
      }
      async enable() { this.enabled = true; if (this.input) this.work(true); }
      async disable() { this.enabled = false; if (this.input) this.work(false); }
      reset() {
        void this.context?.requestRevertConstraints(this);
        this.context = this.input = this.made = undefined;
        this.rest();
        this.next?.reset();
      }
      rest() {}
    }

    /** The picture with each colour turned into its opposite. */
    class Negative extends Stage {
      constructor() { super('negative', 'video'); }
      work(enabled) {
        this.rest();
        const { track } = this.input;
        if (!enabled) return this.output({ track });
        const video = document.createElement('video');
        video.muted = true;
        video.srcObject = new MediaStream([track]);
        void video.play().catch(() => undefined);
        const canvas = document.createElement('canvas');
        const drawing = canvas.getContext('2d');
        this.timer = setInterval(() => {
          if (!video.videoWidth) return;
          if (canvas.width !== video.videoWidth) { canvas.width = video.videoWidth; canvas.height = video.videoHeight; }
          drawing.globalCompositeOperation = 'source-over';
          drawing.drawImage(video, 0, 0);
          drawing.globalCompositeOperation = 'difference';
          drawing.fillStyle = 'white';
          drawing.fillRect(0, 0, canvas.width, canvas.height);
        }, 60);
        this.output({ track: canvas.captureStream().getVideoTracks()[0] });
      }
      rest() { clearInterval(this.timer); }
    }

    /** A tone in place of what came. */
    class Tone extends Stage {
      constructor(hz) { super('tone', 'audio'); this.hz = hz; }
      work(enabled) {
        this.rest();
        const { node } = this.input;
        if (!enabled) return this.output({ node });
        const context = this.context.getAudioContext();
        const tone = (this.tone = context.createOscillator());
        tone.frequency.value = this.hz;
        const sum = context.createGain();
        sum.gain.value = 0.5;
        const nothing = context.createGain();
        nothing.gain.value = 0;
        node.connect(nothing).connect(sum);
        tone.connect(sum);
        tone.start();
        this.output({ node: sum });
      }
      rest() { this.tone?.stop(); this.tone = undefined; }
    }

    class Extension {
      constructor(make) { this.make = make; this.__registered__ = false; }
      checkCompatibility() { return true; }
      createProcessor(...given) {
        if (!this.__registered__) throw new Error('not registered');
        return this.make(...given);
      }
    }
    window.makers = { Stage, negative: new Extension(() => new Negative()), tone: new Extension((hz) => new Tone(hz)) };
  }
`;
