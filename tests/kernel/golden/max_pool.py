F_0 = rational(0, 1)
F_1_10 = rational(1, 10)
F_1_2 = rational(1, 2)
F_ninf = infimum()
o_x = 0  # 2x6
o_z = 16  # 2x3
o_z1 = 24  # number
o_d_x = 32  # 2x6
p_z_0 = 0  # position 0 of z


def epoch(S, I, losses):
    for s in range(losses.shape[0]):
        # max: z
        for i in range(6):
            a = F_ninf
            q0 = 0
            for j in range(2):
                v = S[2*i + j + o_x]
                if f_greater(v, a):
                    a = v
                    q0 = j
            S[i + o_z] = a
            I[i + p_z_0] = q0
        # reduce: z1
        a = F_0
        for i in range(6):
            t0 = S[i + o_z]
            a += F_1_2*(t0*t0)
        S[o_z1] = a
        # scatter: d_x
        for i in range(12):
            S[i + o_d_x] = F_0
        for i in range(2):
            for j in range(3):
                S[I[3*i + j + p_z_0] + 6*i + 2*j + o_d_x] += S[3*i + j + o_z]
        # assign: z3
        for i in range(12):
            v0 = S[i + o_x] - F_1_10*S[i + o_d_x]
            S[i + o_x] = v0
        losses[s] = S[o_z1]
